"""`deputize demo` and `local`: the whole story on the embedded AWS."""

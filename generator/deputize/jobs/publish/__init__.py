"""`deputize publish`: the one-click template, judged and put where customers open it."""

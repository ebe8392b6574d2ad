"""`deputize deploy` and `destroy`: the stack of one tenant."""

"""One module per thing a user can ask for: the only place where rooms meet."""

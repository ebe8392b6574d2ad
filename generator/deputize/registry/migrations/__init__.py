"""Alembic's folder: each module in `versions` takes a registry one step further, and is never changed again."""

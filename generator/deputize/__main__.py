"""`python -m deputize` and the `deputize` script."""

from __future__ import annotations

from deputize.cli.app import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()

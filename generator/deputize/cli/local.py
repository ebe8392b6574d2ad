"""`deputize local`: the embedded AWS until Ctrl-C."""

from __future__ import annotations

from typing import Annotated

import typer


def local(
    *,
    account: Annotated[str, typer.Option(help="AWS account to be in; any 12 digits.", metavar="ID")] = "222222222222",
) -> None:
    """Run the embedded AWS until Ctrl-C; stdout: what to export to use it."""
    import os
    import signal

    from deputize.jobs.demo.local import local_account

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with local_account(os.environ, account) as settings:
        try:
            typer.echo("unset AWS_PROFILE AWS_SESSION_TOKEN")
            for name, value in settings.items():
                typer.echo(f"export {name}={value}")
            typer.echo("# the embedded AWS runs until Ctrl-C; nothing of it stays", err=True)
            signal.pause()
        except KeyboardInterrupt:
            return

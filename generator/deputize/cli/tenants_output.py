"""What the registry's commands print: grants and checks as lines or as JSON, and the exit code of checks."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from deputize.cli.boundary import printable
from deputize.cli.options import Format

if TYPE_CHECKING:
    from deputize.jobs.tenants.checks import Checked
    from deputize.registry import Event, Grant

_HEADINGS = ("tenant", "account", "state", "external ID", "role", "verified at")


def print_grants(grants: Sequence[Grant], form: Format, log: Iterable[Event] = ()) -> None:
    """One line a grant, in columns, then the log; or one JSON object."""
    if form is Format.json:
        events = [asdict(event) for event in log]
        result = {"schema": "deputize/tenants-grants/1", "grants": [_grant(one) for one in grants], "events": events}
        typer.echo(json.dumps(result, indent=2))
        return
    rows = [_HEADINGS, *(_row(grant) for grant in grants)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows if grants else ():
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for event in log:
        typer.echo(printable(f"{event.at} {event.who}: {event.what} {event.account_id or ''} {event.detail}".rstrip()))


def print_checks(checks: Sequence[Checked], form: Format, *, handed_in: bool = False) -> None:
    """What became of each role: on stdout what is verified, on stderr why the others are not; then the exit code.

    handed_in: the tenant sent the role and waits for an answer, so what it may be told is printed too.
    """
    from deputize.errors import ProvedWrongError

    if form is Format.json:
        result = {"schema": "deputize/tenants-checks/1", "checks": [_check(one) for one in checks]}
        typer.echo(json.dumps(result, indent=2))
    else:
        for one in checks:
            _tell(one, handed_in=handed_in)
    if codes := [one.error.exit_code for one in checks if one.error is not None]:
        # Proved wrong outweighs what could not be tested.
        worst = ProvedWrongError.exit_code
        raise typer.Exit(worst if worst in codes else codes[0])


def show_progress(done: int, of: int) -> None:
    """A counter on the terminal, none elsewhere."""
    if sys.stderr.isatty() and of > 1:
        typer.echo(f"\r{done} of {of} roles" + ("\n" if done == of else ""), err=True, nl=False)


def show_resumed(since: str, done: int) -> None:
    """That an interrupted run is taken up, and what it leaves out."""
    what = f"resuming the run of {since}: {done} already checked and left out"
    typer.echo(f"note: {what}; --anew looks at all", err=True)


def _tell(one: Checked, *, handed_in: bool) -> None:
    if one.error is None:
        mark = f" (test: {one.grant.endpoint})" if one.grant.test else ""
        typer.echo(printable(f"{one.grant.tenant} {one.grant.state} {one.role_arn} {one.grant.evidence}{mark}"))
        return
    for problem in one.error.problems:
        typer.echo(f"error: {printable(str(problem))}", err=True)
    for note in () if one.verdict is None else one.verdict.notes:
        typer.echo(f"note: {printable(note)}", err=True)
    if handed_in:
        typer.echo(f"tell the tenant: {one.tenant_message}", err=True)


def _row(grant: Grant) -> tuple[str, ...]:
    ids = ", ".join(grant.accepted_ids) if grant.other_id else grant.external_id
    mark = f" (test: {grant.endpoint})" if grant.test else ""
    rotating = f" ({grant.rotation})" if grant.other_id else ""
    return (
        grant.tenant,
        grant.account_id or "-",
        f"{grant.state}{rotating}",
        ids,
        (grant.role_arn or "-") + mark,
        grant.verified_at or "-",
    )


def _grant(grant: Grant) -> dict[str, Any]:
    kept = {name: value for name, value in asdict(grant).items() if name not in ("id", "generation")}
    return {**kept, "test": grant.test}


def _check(one: Checked) -> dict[str, Any]:
    verdict = None
    if one.verdict is not None:
        names = ("safety", "access", "evidence", "endpoint", "at", "caller")
        verdict = {name: str(getattr(one.verdict, name)) for name in names}
    problems = [] if one.error is None else [asdict(problem) for problem in one.error.problems]
    return {
        "grant": _grant(one.grant),
        "role_arn": one.role_arn,
        "stored": one.stored,
        "verdict": verdict,
        "problems": problems,
        "tenant_message": one.tenant_message,
    }

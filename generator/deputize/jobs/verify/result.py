"""A verdict as people and programs read it: lines of text, and `deputize/verify/1`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from deputize.model.values import Safety, Verdict

_MEANS = {
    Safety.SAFE: "the right external ID gets in, and nothing else was found that does",
    Safety.VULNERABLE: "somebody gets in who should not: do not store this ARN",
    Safety.UNPROVED: (
        "every probe was refused, but the role does not let itself be read, so nothing shows what they did not try"
    ),
    Safety.UNSETTLED: "the answers do not agree yet, or the policy has parts that are not understood: see the notes",
    Safety.UNREACHABLE: "the right external ID did not get in",
}
_MEANS_OFFLINE = {
    **_MEANS,
    Safety.UNSETTLED: "the policy alone does not tell, or has parts that are not understood: see the notes",
    Safety.UNREACHABLE: "the right external ID does not get in",
}


def as_json(verdict: Verdict) -> dict[str, object]:
    """`deputize/verify/1`; no external ID is in it."""
    return {
        "schema": "deputize/verify/1",
        "role_arn": verdict.role_arn or None,
        "role_id": verdict.role_id or None,
        "verdict": verdict.safety.value,
        "access": verdict.access.value,
        "missing": list(verdict.missing),
        "evidence": verdict.evidence,
        "endpoint": verdict.endpoint,
        "at": verdict.at,
        "caller": verdict.caller or None,
        "probes": [
            {"name": one.name, "expected": one.expected, "got": one.got, "error": one.error or None}
            for one in verdict.probes
        ],
        "access_paths": [{"kind": one.kind, "sentence": one.sentence} for one in verdict.access_paths],
        "notes": list(verdict.notes),
        "judged_by": asdict(verdict.judged_by),
    }


def as_lines(verdict: Verdict) -> Iterator[str]:
    """The verdict first, then what it rests on."""
    means = _MEANS if verdict.caller else _MEANS_OFFLINE
    yield f"{verdict.safety}: {verdict.role_arn or 'the trust policy'}: {means[verdict.safety]}"
    yield from (f"  way in    {one.sentence} [{one.kind}]" for one in verdict.access_paths)
    missing = f": {', '.join(verdict.missing)}" if verdict.missing else ""
    yield f"  access    {verdict.access}{missing}"
    yield f"  evidence  {verdict.evidence}, {_where(verdict)}"
    for one in verdict.probes:
        error = f" ({one.error})" if one.error and one.got != one.expected else ""
        yield f"  probe     {one.name}: {one.got}{error}"
    yield from (f"  note      {note}" for note in verdict.notes)


def _where(verdict: Verdict) -> str:
    if not verdict.caller:
        return f"without AWS, {verdict.at}"
    place = "AWS" if verdict.endpoint == "aws" else f"{verdict.endpoint} (not AWS: for tests only)"
    return f"at {place}, {verdict.at}, as {verdict.caller}"

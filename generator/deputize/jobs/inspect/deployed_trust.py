"""A live trust policy beside the bundle's: who gets in that should not comes first, then how else it differs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deputize.checks.judge import judge
from deputize.checks.verdict import TrustVerdict, trust_verdict
from deputize.errors import InputError, Problem
from deputize.iam.arn import RoleArn
from deputize.iam.policy import Policy
from deputize.iam.role import IamRole
from deputize.jobs.inspect.deployed_documents import few, in_normal_form, not_read, same_meaning
from deputize.model.expectations import Expectations
from deputize.model.format import TRUST_POLICY
from deputize.model.values import UnintendedAccess
from deputize.model.world import World
from deputize.read.world import raw_role

# What letting in somebody with any ID, or anybody at all, says already.
_SAID_BY = {
    **dict.fromkeys(("other-case", "prefix", "longer", "second-id"), "wrong-id"),
    **dict.fromkeys(("other-account", "other-role", "service", "federated"), "anyone"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs, and the ways in that the bundle does not ask for, proved by evaluating the live trust policy."""

    differences: tuple[Problem, ...] = ()
    access_paths: tuple[UnintendedAccess, ...] = ()


def compare_trust(wanted: IamRole, arn: RoleArn, document: object, expectations: Expectations) -> Compared:
    """The trust policy `document`, as IAM's API gives it, beside that of `wanted`, a role in normal form.

    arn: of the live role. expectations: who is meant to get in. One that means the same is no difference, however it is
    written.
    """
    live = raw_role(arn, document if isinstance(document, Mapping) else str(document), {})
    (judgement,) = judge(World((live,)), expectations)
    ways = trust_verdict(judgement)
    try:
        found = in_normal_form(document, wanted)
    except InputError as error:
        what = _changed(_found_words(ways)) if ways.found else not_read(error)
    else:
        if same_meaning(found, wanted.trust):
            return Compared()
        what = _changed(_words(found, wanted.trust, ways))
    command = f"aws iam update-assume-role-policy --role-name {wanted.name}"
    mend = f"in the bundle's folder: {command} --policy-document file://{TRUST_POLICY}"
    return Compared((Problem("role.trust", what, mend),), ways.found)


def _changed(words: Iterator[str]) -> str:
    return f"it was changed: {'; '.join(words)}"


def _words(found: Policy, wanted: Policy, ways: TrustVerdict) -> Iterator[str]:
    if ways.found:
        yield from _found_words(ways)
        yield from _strangers(found, wanted)
        return
    yield from (f"it {note.removesuffix('.')}" for note in ways.notes)
    if words := tuple(_other_words(found, wanted)):
        yield from words
    elif not ways.notes:
        yield "its actions or conditions differ, and it lets in nobody else"


def _found_words(ways: TrustVerdict) -> Iterator[str]:
    kinds = {one.kind for one in ways.found}
    for one in sorted(ways.found, key=lambda one: one.kind != "anyone"):
        if _SAID_BY.get(one.kind) not in kinds:
            yield one.sentence[0].lower() + one.sentence[1:].removesuffix(".")
    if ways.lets_in is False:
        yield "it does not let in the vendor with the bundle's external ID"


def _other_words(found: Policy, wanted: Policy) -> Iterator[str]:
    # IDs are counted and never shown: one that does not belong here may be another tenant's.
    if more := len(_ids(found) - _ids(wanted)):
        yield f"it names {more} external {'ID' if more == 1 else 'IDs'} that the bundle does not have"
    if less := len(_ids(wanted) - _ids(found)):
        yield f"it lacks {less} of the bundle's external IDs"
    yield from _strangers(found, wanted)
    if missing := _principals(wanted) - _principals(found):
        yield f"it does not name {few(missing)}"
    if len(found.statements) != len(wanted.statements):
        yield f"statements: {len(found.statements)}, not {len(wanted.statements)}"


def _strangers(found: Policy, wanted: Policy) -> Iterator[str]:
    if stranger := _principals(found) - _principals(wanted):
        yield f"it names {few(stranger)}"


def _ids(policy: Policy) -> set[str]:
    conditions = (one for statement in policy.statements for one in statement.conditions)
    return {value for one in conditions if one.key.lower() == "sts:externalid" for value in one.values}


def _principals(policy: Policy) -> set[str]:
    return {one.text for statement in policy.statements for one in statement.principals}

"""The trust policy that the rules' good and bad cases are made from: right in every way but what a case changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deputize.checks.own.sample import EXTERNAL_ID, VENDOR_ACCOUNT, VENDOR_ROOT
from deputize.checks.trust.attribution import JudgedTrust, judge_trust
from deputize.checks.trust.case import RoleTrust
from deputize.iam.policy import Path
from deputize.model.expectations import Expectation, literals
from deputize.model.world import Document, Origin, Place, Unknown

OTHER_ROOT = "arn:aws:iam::444455556666:root"
PLACE = Place("trust.json", 1, 1)
NEEDS_ID = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
PROVIDER = "arn:aws:iam::444455556666:oidc-provider/login.example.com"
CHOSEN_PROVIDER = "arn:aws:iam::000000000002:oidc-provider/chosen-0002.example.com"
CHOSEN_ID, CHOSEN_ACCOUNT = "chosen-0001", "000000000001"


def document(value: object, unknowns: tuple[Unknown, ...] = ()) -> Document:
    """A policy document whose elements stand one on each line, in order."""
    return Document(value, {path: Place(PLACE.file, line, 1) for line, path in enumerate(_paths(value), 1)}, unknowns)


def parameter(stand_in: str, **changes: Any) -> Unknown:
    """A parameter that is constrained as it should be."""
    fields = {"name": "Chosen", "origin": Origin.PARAMETER, "place": PLACE, "admits_empty": False, **changes}
    return Unknown(stand_in=stand_in, **fields)


def statement(**changes: Any) -> dict[str, Any]:
    """The sample's statement with elements changed, or left out where the change is None."""
    made = {
        "Effect": "Allow",
        "Principal": {"AWS": VENDOR_ROOT},
        "Action": "sts:AssumeRole",
        "Condition": NEEDS_ID,
        **changes,
    }
    return {key: value for key, value in made.items() if value is not None}


def policy(*statements: object, **changes: Any) -> dict[str, Any]:
    """A policy of these statements."""
    made = {"Version": "2012-10-17", "Statement": list(statements), **changes}
    return {key: value for key, value in made.items() if value is not None}


def trusts(*statements: object, unknowns: tuple[Unknown, ...] = (), **expected: Any) -> Callable[[], JudgedTrust]:
    """A case: a trust policy of these statements; `expected` are fields of the case."""
    return lambda: _judged(document(policy(*statements), unknowns), **expected)


def enters(unknowns: tuple[Unknown, ...] = (), **changes: Any) -> Callable[[], JudgedTrust]:
    """A case: the sample's statement with elements changed."""
    return trusts(statement(**changes), unknowns=unknowns)


def needs(operator: str, *values: str, key: str = "sts:ExternalId", **chosen: Any) -> Callable[[], JudgedTrust]:
    """A case: the sample's statement with another condition; `chosen` describes a parameter that is its value."""
    unknowns = (parameter(CHOSEN_ID, **chosen),) if CHOSEN_ID in values else ()
    return enters(unknowns, Condition={operator: {key: values[0] if len(values) == 1 else list(values)}})


def expects(good: Callable[[], JudgedTrust] | None = None, **expected: Any) -> Callable[[], JudgedTrust]:
    """A case with what is expected of it; the sample where `good` is None."""
    return lambda: _judged((good or enters())().case.document, **expected)


def _judged(
    found: Document,
    *,
    expected_vendors: tuple[str, ...] = (),
    expected_ids: tuple[str, ...] = (),
    vendor_roles: tuple[str, ...] = (),
) -> JudgedTrust:
    return judge_trust(RoleTrust(found, given=Expectation(expected_vendors, vendor_roles, literals(expected_ids))))


def alone(value: object) -> Callable[[], JudgedTrust]:
    """A case: any document."""
    return lambda: _judged(document(value))


def chosen_account() -> Callable[[], JudgedTrust]:
    """A case: the trusted account is a parameter."""
    root = VENDOR_ROOT.replace(VENDOR_ACCOUNT, CHOSEN_ACCOUNT)
    return enters((parameter(CHOSEN_ACCOUNT),), Principal={"AWS": root})


def provider(arn: str) -> Callable[[], JudgedTrust]:
    """A case: an identity provider's users enter."""
    web = statement(Principal={"Federated": arn}, Action="sts:AssumeRoleWithWebIdentity", Condition=None)
    return trusts(web, unknowns=(parameter(CHOSEN_PROVIDER),))


def _paths(value: object, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _paths(one, (*path, key))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _paths(one, (*path, at))

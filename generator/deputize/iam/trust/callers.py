"""Who calls STS: the identities that a request can come from, and the condition keys that they bring along.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
Keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and the table of
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-infotouse
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from deputize.iam.partitions import PARTITIONS
from deputize.iam.variables import Found

Kind = Literal["root", "user", "role", "session", "federated-user", "account", "provider", "service"]

FEDERATED_ACTIONS = frozenset(("sts:assumerolewithsaml", "sts:assumerolewithwebidentity"))
EXTERNAL_ID = "sts:externalid"
PRINCIPAL_ARN = "aws:principalarn"
_TYPES = {
    "root": "Account",
    "user": "User",
    "role": "AssumedRole",
    "session": "AssumedRole",
    "federated-user": "FederatedUser",
}
CALLER_KEYS = frozenset((PRINCIPAL_ARN, "aws:principalaccount", "aws:principaltype", "aws:username"))
SERVICE_KEYS = (
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
)
"""These come only with a request that an AWS service makes by itself."""

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_NAME = r"[\w+=,.@-]+"
_PATH = r"(?:[\x21-\x7e]+/)?"
_RESOURCES: tuple[tuple[str, Kind, re.Pattern[str]], ...] = (
    ("iam", "root", re.compile("root")),
    ("iam", "user", re.compile(f"user/{_PATH}({_NAME})", re.ASCII)),
    ("iam", "role", re.compile(f"role/{_PATH}({_NAME})", re.ASCII)),
    ("iam", "provider", re.compile(r"(?:saml|oidc)-provider/[\x21-\x7e]+", re.ASCII)),
    ("sts", "session", re.compile(f"assumed-role/({_NAME})/{_NAME}", re.ASCII)),
    ("sts", "federated-user", re.compile(f"federated-user/({_NAME})", re.ASCII)),
)
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII)
_SERVICE_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes the request.

    text: as it was named. kind: "account" is somebody in the account, nobody knows who; "role" is any session of the
    role. partition, account: None when not known. name: of the user or role. arn: the value of aws:PrincipalArn, None
    when not known: the ARN of a session says its role's name, not its path.
    """

    text: str
    kind: Kind
    partition: str | None = None
    account: str | None = None
    name: str = ""
    arn: str | None = None

    @property
    def is_aws(self) -> bool:
        """Whether it signs its requests with AWS credentials of its own."""
        return self.kind not in ("provider", "service")

    def with_arn(self, arn: str) -> Caller:
        """The same caller, its aws:PrincipalArn known to be `arn`."""
        found = parse_caller(arn)
        known = self if self.kind != "account" or found is None else replace(found, text=self.text)
        return replace(known, arn=arn)

    def can_call(self, action: str) -> bool:
        """Whether STS takes this action from this kind of caller.

        A provider's user has no AWS credentials and AssumeRole needs them; the other two actions take none:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
        """
        if action.lower() in FEDERATED_ACTIONS:
            return self.kind == "provider"
        return self.kind != "provider" or action.lower() != "sts:assumerole"

    def keys(self, external_id: Found, action: str) -> dict[str, Found]:
        """The condition keys that are known, in lower case; () is one that the request does not have."""
        entry = action.lower() == "sts:assumerole"
        # The other actions are documented without this key; whether it reaches them all the same is not.
        keys: dict[str, Found] = {EXTERNAL_ID: external_id if entry or external_id == () else None}
        if self.kind == "service":
            keys["aws:principalisawsservice"] = ("true",)
        if not self.is_aws:
            return keys
        keys["aws:principalisawsservice"] = ("false",)
        keys.update(dict.fromkeys(SERVICE_KEYS, ()))
        keys[PRINCIPAL_ARN] = None if self.arn is None else (self.arn,)
        keys["aws:principalaccount"] = None if self.account is None else (self.account,)
        if self.kind in _TYPES:
            keys["aws:principaltype"] = (_TYPES[self.kind],)
            keys["aws:username"] = (self.name,) if self.kind == "user" else ()
        return keys


@lru_cache(maxsize=256)
def parse_caller(text: str) -> Caller | None:
    """The caller that an ARN, an account ID, or the host name of a service or identity provider stands for."""
    if _ACCOUNT.fullmatch(text):
        return Caller(text, "account", account=text)
    match text.split(":", 5):
        case ["arn", partition, service, "", account, resource] if partition in PARTITIONS:
            return _of_arn(text, service, Caller(text, "account", partition, account), resource)
    if _HOST.fullmatch(text) is None:
        return None
    is_service = text.endswith(_SERVICE_SUFFIXES) and not text.startswith("cognito-identity.")
    return Caller(text, "service" if is_service else "provider")


def _of_arn(text: str, service: str, caller: Caller, resource: str) -> Caller | None:
    if _ACCOUNT.fullmatch(caller.account or "") is None:
        return None
    for home, kind, pattern in _RESOURCES:
        found = pattern.fullmatch(resource) if home == service else None
        if found is not None:
            name = found[1] if pattern.groups else ""
            known = kind not in ("session", "provider")
            return replace(caller, kind=kind, name=name, arn=text if known else None)
    return None

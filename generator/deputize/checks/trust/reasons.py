"""Why more may assume a role than should: one reason for each way in which an element can be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from deputize.iam.policy import Path

About = Literal["form", "who", "id", "action", "nothing"]


class Reason(StrEnum):
    """What is wrong with the element that an access path, or a fault by itself, is laid to."""

    ANYONE = "a wildcard stands for who may assume the role"
    NOT_PRINCIPAL = "it says who may not assume the role"
    MALFORMED_PRINCIPAL = "a principal is none that AWS has"
    DELETED_PRINCIPAL = "a principal was deleted"
    UNEXPECTED_PRINCIPAL = "somebody may assume the role who is no expected vendor"
    UNEXPECTED_ROLE = "somebody of the vendor's may assume the role who is none of its roles"
    ACTIONS = "it allows more than sts:AssumeRole"
    WEB_IDENTITY = "it allows an identity provider's action to an AWS principal"
    UNPROVED = "it cannot be ruled out"
    OPERATOR = "a condition operator is none that IAM has"
    ELEMENT = "an element is none that IAM has"
    RESOURCE = "a trust policy has a Resource"
    VERSION = "its version is none that IAM has"
    NOT_UNDERSTOOD = "it is not in IAM's grammar"
    REFUSED = "IAM does not take it, whatever it lets in"
    ID_MISSING = "no external ID is asked for"
    ID_SKIPPED = "another statement asks for the external ID"
    ID_ELSEWHERE = "the external ID is asked for where nobody assumes the role"
    ID_OPERATOR = "the external ID is compared loosely"
    ID_UNEXPECTED = "another external ID is accepted"
    KEY_MISSPELT = "the key of the external ID is misspelt"


UNREADABLE = (Reason.VERSION, Reason.NOT_UNDERSTOOD)
"""With which a policy may mean anything, whatever its elements say."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something odd: the reason, in words, and where.

    about: the part of the statement it spoils; with "form" it may mean anything, with "nothing" it lets nobody in.
    sure: it is a finding by itself, not only when it lets somebody in. key: it is the key that is odd.
    """

    reason: Reason
    what: str
    path: Path
    about: About
    sure: bool = True
    key: bool = False

"""What changed between two versions of a role: frozen values, which quote no external ID."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deputize.iam.contain.sides import Kind, Request
from deputize.iam.policy import Condition
from deputize.model.world import Place


class ChangeGrade(StrEnum):
    """How much an access change matters, the worst first."""

    SECRET = "secret"  # noqa: S105 - a grade's name
    NOT_READ = "not proved to read"
    DATA = "data"
    CONFIG = "configuration"
    REST = "other"


@dataclass(frozen=True, slots=True)
class AccessChange:
    """What one statement allows on one side alone.

    kind: as of a Widening. policy, sid: of the statement; sid is its number where it has none, empty for a policy as a
    whole. actions: patterns for what AWS may add later. but: on all but the resources. request: an example that
    `evaluate` was asked about on both sides; None where nothing is proved, and `why` says so.
    place: in the file that allows it.
    """

    kind: Kind
    policy: str
    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    but: bool
    conditions: tuple[Condition, ...]
    request: Request | None
    grade: ChangeGrade
    place: Place | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class TrustChange:
    """Whom one side alone lets in.

    who: the kind of caller, and which where the trust policy names it. sends: what it sends as external ID, by position
    where the policy lists it. is_proved: both trust policies were asked, and answered differently.
    """

    who: tuple[str, str]
    sends: str
    actions: tuple[str, ...]
    is_proved: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A property of the role that changed. is_wider: the role can be used for more, or longer."""

    field: str
    old: str
    new: str
    is_wider: bool


@dataclass(frozen=True, slots=True)
class TrustChanges:
    """Who may assume the role that could not, and who no longer may. untold: not proved either way; counts as wider."""

    wider: tuple[TrustChange, ...] = ()
    narrower: tuple[TrustChange, ...] = ()
    untold: tuple[TrustChange, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleChanges:
    """What changed from one version of a role to the other, each list in the order in which to read it.

    old, new: the role's names. wider: what it may do now that it could not. narrower: what it may no longer, or
    perhaps no longer. untold: about which nothing is proved, so that it counts as wider. notes: wider only by keys that
    AWS does not document for the action. fields: session, boundary, names, what is attached.
    """

    old: str
    new: str
    wider: tuple[AccessChange, ...] = ()
    narrower: tuple[AccessChange, ...] = ()
    untold: tuple[AccessChange, ...] = ()
    notes: tuple[AccessChange, ...] = ()
    trust: TrustChanges = TrustChanges()
    fields: tuple[FieldChange, ...] = ()

    @property
    def is_wider(self) -> bool:
        """Whether it can do more, lets more in, or may do either."""
        access, trust = self.wider or self.untold, self.trust.wider or self.trust.untold
        return bool(access or trust or any(one.is_wider for one in self.fields))

    @property
    def is_any(self) -> bool:
        """Whether anything changed that IAM would act on."""
        return self.is_wider or bool(self.narrower or self.notes or self.trust.narrower or self.fields)

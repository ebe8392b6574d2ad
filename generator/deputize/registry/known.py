"""What a registry holds that requests are judged by, in memory: names, grants and issued IDs, and what a request makes.

Nothing here asks a database, so a list of any length is judged in one pass; `adding` loads and stores.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from deputize.errors import InputError, Problem
from deputize.model.display import shown
from deputize.model.external_id import external_id_weaknesses
from deputize.model.grant_request import GrantRequest
from deputize.model.spec import Tenant, tenant_problems
from deputize.registry.issued import already_issued, fresh_id, key_of
from deputize.registry.values import Grant, Rotation, State

NEW = 0  # the number of a grant that has no row yet


@dataclass(slots=True)
class KnownGrants:
    """Grants by tenant and by label, retired ones too, and the keys of issued IDs: of a registry, or of none yet."""

    by_tenant: dict[str, list[Grant]] = field(default_factory=dict)
    by_label: dict[str, list[Grant]] = field(default_factory=dict)
    issued: set[str] = field(default_factory=set)

    def add(self, grants: Iterable[Grant]) -> None:
        """Know these too."""
        for grant in grants:
            self.by_tenant.setdefault(grant.tenant, []).append(grant)
            self.by_label.setdefault(grant.label, []).append(grant)

    def living(self, tenant: str) -> list[Grant]:
        """The tenant's grants that are not retired."""
        return [one for one in self.by_tenant.get(tenant, ()) if one.state is not State.RETIRED]


@dataclass(slots=True)
class ImportPlan:
    """What requests come to: grants to be made, each with the IDs to be issued for it, and new names of others."""

    made: list[tuple[GrantRequest, Grant, tuple[str, ...]]] = field(default_factory=list)
    renamed: list[tuple[GrantRequest, Grant]] = field(default_factory=list)
    found: int = 0


def names_of(wanted: GrantRequest) -> tuple[str, ...]:
    """The slugs and labels that decide whether a request can be met."""
    return (wanted.tenant,) if wanted.account_id is None else (wanted.tenant, f"{wanted.tenant}-{wanted.account_id}")


def plan(known: KnownGrants, many: Iterable[GrantRequest | Problem], *, keep: bool) -> ImportPlan:
    """What has to be stored to meet the requests, each judged with those before it.

    keep: a grant that is there is found, not refused. Raises InputError with the problems of all; a Problem among the
    requests stands for one that could not be read.
    """
    result, problems = ImportPlan(), list[Problem]()
    for wanted in many:
        if isinstance(wanted, Problem):
            problems.append(wanted)
            continue
        try:
            if not (keep and _kept(known, wanted, result)):
                grant, issued = _new(known, wanted)
                known.add([grant])
                known.issued.update(map(key_of, issued))
                result.made.append((wanted, grant, issued))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*problems)
    return result


def _new(known: KnownGrants, wanted: GrantRequest) -> tuple[Grant, tuple[str, ...]]:
    """The grant, and the IDs that have to be issued for it."""
    own = known.living(wanted.tenant)
    ids = wanted.external_ids or ((_shared_id(own, wanted),) if wanted.share else (fresh_id(),))
    label = _label(own, wanted)
    tenant = Tenant(label, ids, wanted.name, wanted.account_id, wanted.partition, wanted.locale)
    problems = (*tenant_problems(tenant, wanted.where), *_weaknesses(wanted))
    if problems:
        raise InputError(*problems)
    _refuse_anothers_name(known, wanted, label)
    _refuse_twin(own, wanted, label)
    shared = wanted.share and len(ids) == 1 and any(one.external_id == ids[0] for one in own)
    for one in () if shared else ids:
        if key_of(one) in known.issued:
            raise InputError(already_issued(one, f"{wanted.where}: external_id"))
    grant = Grant(
        id=NEW,
        tenant=wanted.tenant,
        label=label,
        name=wanted.name,
        locale=wanted.locale,
        partition=wanted.partition,
        account_id=wanted.account_id,
        state=State.UNVERIFIED,
        external_id=ids[0],
        other_id=ids[1] if len(ids) > 1 else None,
        rotation=Rotation.STARTED if len(ids) > 1 else Rotation.NONE,
        generation=1,
    )
    return grant, () if shared else ids


def _kept(known: KnownGrants, wanted: GrantRequest, result: ImportPlan) -> bool:
    """Whether the grant is there; its name and locale follow what is wanted."""
    grant = next((one for one in known.living(wanted.tenant) if _same_account(one, wanted)), None)
    if grant is None:
        return False
    if wanted.external_ids and wanted.external_ids != grant.rendered_ids:
        what = f"{shown(wanted.tenant)} was issued another ID, which an import never changes"
        raise InputError(Problem(f"{wanted.where}: external_id", what, "use `deputize tenants rotate`"))
    if (wanted.name, wanted.locale) != (grant.name, grant.locale):
        tenant = Tenant(grant.label, grant.rendered_ids, wanted.name, grant.account_id, grant.partition, wanted.locale)
        if problems := tenant_problems(tenant, wanted.where):
            raise InputError(*problems)
        result.renamed.append((wanted, grant))
    result.found += 1
    return True


def _same_account(grant: Grant, wanted: GrantRequest) -> bool:
    return (grant.partition, grant.account_id) == (wanted.partition, wanted.account_id)


def _label(own: list[Grant], wanted: GrantRequest) -> str:
    if wanted.account_id is None or all(one.label != wanted.tenant for one in own):
        return wanted.tenant
    return f"{wanted.tenant}-{wanted.account_id}"


def _refuse_anothers_name(known: KnownGrants, wanted: GrantRequest, label: str) -> None:
    # Retired ones count too: a name never comes to mean another tenant.
    holders = (*known.by_label.get(wanted.tenant, ()), *known.by_tenant.get(label, ()))
    if any(one.tenant != wanted.tenant for one in holders):
        what = f"{shown(label)} names another tenant, or did"
        raise InputError(Problem(f"{wanted.where}: tenant", what, "choose another slug"))


def _refuse_twin(own: list[Grant], wanted: GrantRequest, label: str) -> None:
    twin = next((one for one in own if one.label == label or _same_account(one, wanted)), None)
    if twin is not None:
        mend = "name another account with --account-id, or retire that one first"
        raise InputError(Problem(f"{wanted.where}: tenant", f"{shown(label)} is there: {twin}", mend))


def _shared_id(own: list[Grant], wanted: GrantRequest) -> str:
    found = {one.external_id for one in own}
    if len(found) == 1:
        return found.pop()
    what = f"{shown(wanted.tenant)} has {len(found)} IDs to share" if found else f"{shown(wanted.tenant)} has no ID yet"
    raise InputError(Problem(f"{wanted.where}: --share", what, "leave out --share: a new one is issued"))


def _weaknesses(wanted: GrantRequest) -> Iterator[Problem]:
    if wanted.weak_reason:
        return
    mend = "leave it out: a random one is issued; or say why it must be with --allow-weak REASON"
    for one in wanted.external_ids:
        for weakness in external_id_weaknesses(one, wanted.tenant) if one else ():
            yield Problem(f"{wanted.where}: external_id", f"{shown(one)} {weakness}", mend)

"""What a role is held against: who may assume it, with which IDs, what was asked for; from a bundle or other files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deputize.checks.opened import open_manifest
from deputize.disk import read_folder, read_text
from deputize.errors import InputError, Problem, UsageError
from deputize.iam import limits
from deputize.iam.arn import RoleArn, parse_role_arn
from deputize.iam.managed import managed_policy
from deputize.iam.partitions import PARTITIONS
from deputize.jobs.expectations import expectation_of
from deputize.jobs.inputs import load_vendor
from deputize.model.display import shown
from deputize.model.expectations import BOTH_SESSION_ACTIONS, Expectation, Expectations, literals
from deputize.model.external_id import external_id_problem
from deputize.model.facts import access_facts, managed_actions
from deputize.model.format import ACCESS
from deputize.model.role import Role, build
from deputize.model.slots import slots_of
from deputize.model.spec import Tenant
from deputize.model.values import Files

_SERVICE_LINKED = "/aws-service-role/"


@dataclass(frozen=True, slots=True)
class ExpectationFiles:
    """Where expectations are read from, one at most: a bundle's folder, a vendor.yaml or an access.json."""

    bundle: Path | None = None
    vendor: Path | None = None
    access: Path | None = None


@dataclass(frozen=True, slots=True)
class RoleExpectations:
    """What a role is held against, as far as it is known.

    vendor_account: whose principals may assume it; None takes the caller's account. vendor_roles: full ARNs of the only
    roles that may; empty trusts the account. actions: full names of what the role must be able to read.
    allowed_secrets: reads of secrets that the vendor asks for with a reason. external_ids, tenant_account, partition:
    of a bundle, empty or None without one. session_actions: those of STS that who assumes the role may also use. never:
    accounts in which the vendor's file says that no role is assumed. tenants, vendor: the slugs that the role's tags
    may name; empty or None for any.
    """

    vendor_account: str | None = None
    vendor_roles: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    allowed_secrets: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()
    tenant_account: str | None = None
    partition: str | None = None
    session_actions: tuple[str, ...] | None = BOTH_SESSION_ACTIONS
    session_keys: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    vendor: str | None = None

    def for_judge(self, account_id: str, external_ids: Sequence[str]) -> Expectations:
        """The same for the judge. account_id: whose principals may assume the role when no vendor is known."""
        given = Expectation(
            vendor_accounts=(self.vendor_account or account_id,),
            vendor_roles=self.vendor_roles,
            external_ids=literals(external_ids),
            allowed_secrets=self.allowed_secrets,
            session_actions=self.session_actions,
            session_keys=self.session_keys,
            partition=self.partition,
            actions=self.actions,
        )
        return Expectations(given, all_roles=True)


def expectations_of_bundle(files: Files) -> RoleExpectations:
    """What a bundle's manifest says. Raises InputError when it is damaged."""
    opened = open_manifest(files)
    if opened.role is None:
        raise InputError(*opened.problems)
    return _expectations_of_role(opened.role)


def expectations_of(files: ExpectationFiles, partition: str) -> RoleExpectations:
    """Expectations from at most one of the files; empty if none is given. Raises InputError, UsageError."""
    if sum(one is not None for one in (files.bundle, files.vendor, files.access)) > 1:
        raise UsageError(Problem("--bundle, --vendor, --access", "say the same thing", "give one of them"))
    if files.bundle is not None:
        return expectations_of_bundle(read_folder(files.bundle))
    if files.vendor is not None:
        anyone = Tenant("any", ("any-id",), partition=partition)
        vendor = load_vendor(files.vendor)
        return _expectations_of_role(build(vendor, slots_of(vendor, anyone)), of_tenant=False)
    if files.access is not None:
        return RoleExpectations(actions=_actions(_json(files.access), str(files.access)))
    return RoleExpectations()


def _expectations_of_role(role: Role, *, of_tenant: bool = True) -> RoleExpectations:
    expected = expectation_of(role)
    return RoleExpectations(
        vendor_account=role.account.id,
        vendor_roles=expected.vendor_roles,
        actions=_actions(access_facts(role, "en"), "access"),
        allowed_secrets=expected.allowed_secrets,
        external_ids=expected.id_literals if of_tenant else (),
        tenant_account=role.slots.account_id if of_tenant else None,
        partition=expected.partition,
        session_actions=expected.session_actions,
        session_keys=expected.session_keys,
        never=role.vendor.never_assume_accounts,
        tenants=(role.slots.tenant,) if of_tenant else (),
        vendor=role.vendor.slug,
    )


def _json(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(Problem(shown(str(path)), "is not JSON", f"give a bundle's {ACCESS}")) from error
    if not isinstance(found, dict) or found.get("schema") != "deputize/access/1":
        raise InputError(Problem(shown(str(path)), "is no deputize/access/1", f"give a bundle's {ACCESS}"))
    return found


def _actions(facts: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """Every action in access.json, those of AWS managed policies by their snapshots; IAM's are read in any case."""
    try:
        own = [
            str(action["action"])
            for policy in facts["policies"]
            for statement in policy["statements"]
            for action in statement["actions"]
            # Reading itself is tried apart, and would not prove another read of IAM.
            if not str(action["action"]).startswith("iam:") or statement["resources"] == ["*"]
        ]
        snapshots = [managed_policy(str(policy["name"])) for policy in facts["managed_policies"]]
    except (KeyError, TypeError) as error:
        raise InputError(Problem(where, f"lacks {error}", f"give a bundle's {ACCESS}")) from error
    managed = [action for policy in snapshots if policy is not None for action in managed_actions(policy)]
    return tuple(dict.fromkeys((*own, *managed)))


def role_to_verify(text: str, region: str, never: Sequence[str], vendor_account: str | None) -> RoleArn:
    """The role of an ARN, refused before any call when it must not be assumed. Raises InputError.

    never: accounts whose roles are never assumed. region: where STS will be asked.
    """
    arn = parse_role_arn(text) if len(text) <= limits.ROLE_ARN.high else None
    if arn is None:
        mend = "give one like arn:aws:iam::444455556666:role/name"
        raise InputError(Problem("role ARN", f"{shown(text, 100)} is no ARN of a role", mend))
    if arn.path.startswith(_SERVICE_LINKED):
        raise InputError(Problem("role ARN", f"{shown(text, 100)} is a service-linked role, which only AWS may assume"))
    home = next((one.id for one in PARTITIONS.values() if one.has_region(region)), arn.partition)
    if home != arn.partition:
        what = f"is in partition {arn.partition}, region {region} is in {home}: STS does not cross them"
        raise InputError(Problem("role ARN", what, "use credentials and a region of the role's partition"))
    if arn.account_id in never:
        raise InputError(Problem("role ARN", f"account {arn.account_id} is one whose roles are never assumed"))
    refuse_own(arn, vendor_account)
    return arn


def refuse_own(arn: RoleArn, vendor_account: str | None, partition: str | None = None) -> None:
    """Raise InputError when the role is in the vendor's own account, or not in the partition of its credentials."""
    if partition not in (None, arn.partition):
        what = f"is in partition {arn.partition}, the credentials in {partition}: STS does not cross them"
        raise InputError(Problem("role ARN", what, "use credentials of the role's partition"))
    if arn.account_id == vendor_account:
        what = f"account {arn.account_id} is the vendor's own: a customer's role is in another"
        raise InputError(Problem("role ARN", what, "ask the customer for the ARN in its own account"))


def checked_ids(external_ids: Sequence[str]) -> tuple[str, ...]:
    """The accepted IDs, each once. Raises InputError for none, or one that STS does not take."""
    ids = tuple(dict.fromkeys(external_ids))
    if not ids:
        raise InputError(Problem("--external-id", "is missing", "give the tenant's own"))
    faults = [Problem("--external-id", fault) for one in ids if (fault := external_id_problem(one))]
    if faults:
        raise InputError(*faults)
    return ids

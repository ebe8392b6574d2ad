"""Compare what is deployed with a bundle: the stack, its template, and the role with all that belongs to it.

CloudFormation's drift detection looks at nothing that the template does not name, so a policy that somebody put on the
role escapes it: https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/936
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from deputize.aws.changes import check_account, check_region
from deputize.aws.client import Refusal, Session
from deputize.aws.live_role import read_policies, read_role
from deputize.aws.owner import OUTPUTS
from deputize.aws.stack import DENIED, REVIEW, STUCK, UPDATABLE, VERSION_TAG, Stack, try_read_stack
from deputize.aws.wire import ROLE_SECONDS, time_limit
from deputize.bundle import Manifest, read_manifest
from deputize.errors import InputError, Problem
from deputize.formats.hosted import hosted_template
from deputize.iam.arn import RoleArn
from deputize.jobs.inspect.deployed_role import extra_policies, role_differences, unread_policies, wanted_role
from deputize.jobs.inspect.deployed_trust import Compared, compare_trust
from deputize.jobs.verify.expectations import RoleExpectations, expectations_of_bundle
from deputize.model.display import printable
from deputize.model.expectations import Expectations
from deputize.model.format import DEPLOYER_POLICY, MANIFEST, TEMPLATE
from deputize.model.revision import LENGTH
from deputize.model.role import REVISION_TAG, TEMPLATE_VERSION
from deputize.model.values import Files, UnintendedAccess
from deputize.model.vendor_file import vendor_from_json
from deputize.read.cloudformation.strict import read_template
from deputize.read.source import decoded, refusal

# All that a comparison asks AWS for.
ACTIONS = frozenset(
    {
        "cloudformation:DescribeStacks",
        "cloudformation:GetTemplate",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
        "sts:GetCallerIdentity",
    }
)
_CHOICES = ("RoleName", "Path", "PermissionsBoundary")
_DEPLOY = "deploy this bundle, then inspect again"
_ALLOW = f"allow it for whoever inspects, as {DEPLOYER_POLICY} does"
# GetTemplate answers with a question mark for what is not ASCII, which here is only read by people:
# https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1220
_LOST = re.compile(r"[?\u0080-\U0010ffff]+")


@dataclass(frozen=True, slots=True)
class Deployed:
    """What was found of a bundle in an account.

    role_arn: empty when there is no such role, or it could not be read. stack: its name, empty when the role was not
    made by a stack of that name. template: "same", "one-click", "differs", or "none" without a stack. template_version:
    the one that stands in the account, None when nothing says. revision: the role's, or empty. boundary: the role's,
    which is the customer's choice. differences: where ("role.trust", "policies.NAME", "stack.template"), what and how
    to mend it. access_paths: who gets in that the bundle does not let in, proved by evaluating the live trust policy.
    """

    account_id: str
    region: str
    role_arn: str
    stack: str
    stack_status: str
    template: str
    template_version: int | None
    differences: tuple[Problem, ...]
    boundary: str | None = None
    revision: str = ""
    access_paths: tuple[UnintendedAccess, ...] = ()


@dataclass(frozen=True, slots=True)
class _StackFound:
    """What became of the bundle's stack; stack: None when there is none of the tenant's."""

    stack: Stack | None
    template: str = "none"
    version: int | None = None
    differences: tuple[Problem, ...] = ()


@time_limit(ROLE_SECONDS)
def compare_deployed(files: Files, session: Session) -> Deployed:
    """Compare the stack and the role in the session's account with a bundle that is known to be consistent.

    What the customer may choose (role name, path, boundary, more tags) is taken from the stack, or without one from the
    role, and is no difference. What could not be read is one.
    Raises InputError for a bundle that cannot be read, ServiceError when the account or region cannot be the tenant's,
    or AWS could not be asked.
    """
    manifest = read_manifest(files)
    check_region(session, manifest.partition)
    caller = session.caller()
    check_account(
        caller,
        partition=manifest.partition,
        vendor_account=manifest.vendor_account,
        tenant=manifest.tenant,
        tenant_account=manifest.account_id,
    )
    found = _find_stack(files, manifest, session)
    role_name = _role_name(found.stack, manifest)
    role = read_role(session, role_name)
    described: Mapping[str, Any] = {} if role is None or isinstance(role, Refusal) else role
    compared = (
        _compare_role(files, manifest, found, described, session)
        if described
        else Compared((_no_role(role_name, role, found.stack),))
    )
    return Deployed(
        account_id=caller.account_id,
        region=session.region,
        role_arn=printable(str(described.get("Arn", "")), 2048),
        stack=found.stack.name if found.stack is not None else "",
        stack_status=found.stack.status if found.stack is not None else "",
        template=found.template,
        template_version=_version(_tags(described).get(VERSION_TAG)) if found.version is None else found.version,
        differences=(*found.differences, *compared.differences),
        boundary=_boundary(described) or None,
        revision=printable(_tags(described).get(REVISION_TAG, ""), LENGTH),
        access_paths=compared.access_paths,
    )


def _find_stack(files: Files, manifest: Manifest, session: Session) -> _StackFound:
    where = f"stack {manifest.stack_name}"
    stack = try_read_stack(session, manifest.stack_name)
    if isinstance(stack, Refusal):
        return _StackFound(None, differences=(Problem(where, f"it could not be read: {stack.message}", _ALLOW),))
    if stack is None or stack.status == REVIEW:
        return _StackFound(None)
    if not _is_tenants(stack, manifest):
        what = f"it is not tenant {manifest.tenant}'s of vendor {manifest.vendor}, by its tags and outputs"
        return _StackFound(None, differences=(Problem(where, what, "find out what it is: --region chooses another"),))
    problems = []
    if stack.status not in UPDATABLE:
        mend = STUCK.get(stack.status, "look at it in the CloudFormation console").format(name=stack.name)
        problems.append(Problem(where, f"it is in state {stack.status}", mend))
    template, more = _compare_template(files, manifest, session, stack)
    version = _version(stack.outputs.get("TemplateVersion"))
    return _StackFound(stack, template, version, (*problems, *more))


def _is_tenants(stack: Stack, manifest: Manifest) -> bool:
    """Whether tags, or the outputs of a stack made by one click, name this tenant and vendor; enough for reading."""
    said = {output: stack.tags.get(tag, stack.outputs.get(output)) for output, tag in OUTPUTS.items()}
    return (said["Tenant"], said["Vendor"]) == (manifest.tenant, manifest.vendor)


def _compare_template(
    files: Files, manifest: Manifest, session: Session, stack: Stack
) -> tuple[str, tuple[Problem, ...]]:
    """The state of the stack's template, and what is wrong with it."""
    asked = {"StackName": stack.id, "TemplateStage": "Original"}
    answer = session.try_call("cloudformation", "get_template", DENIED, **asked)
    where = "stack.template"
    if isinstance(answer, Refusal):
        return "differs", (Problem(where, f"it could not be read: {answer.message}", _ALLOW),)
    if _same_text(answer["TemplateBody"], files[TEMPLATE]):
        return "same", ()
    # Only of its own version does this deputize know the vendor's one-click template.
    if manifest.template_version == TEMPLATE_VERSION:
        vendor = vendor_from_json(manifest.made_from, f"{MANIFEST}: made_from")
        if _same_text(answer["TemplateBody"], hosted_template(vendor, manifest.partition)):
            return "one-click", ()
    version = _version(stack.outputs.get("TemplateVersion"))
    what = "it is neither the bundle's nor the vendor's one-click template"
    if version != manifest.template_version:
        what = f"it is of template version {version or 'unknown'}, the bundle of {manifest.template_version}"
    return "differs", (Problem(where, what, _DEPLOY),)


def _same_text(body: object, ours: bytes) -> bool:
    # A template in JSON comes parsed; ours are YAML. A line end at the end says nothing.
    return isinstance(body, str) and _LOST.sub("?", body).rstrip() == _LOST.sub("?", ours.decode()).rstrip()


def _role_name(stack: Stack | None, manifest: Manifest) -> str:
    if stack is None:
        return manifest.role_name
    return stack.outputs.get("RoleName") or stack.parameters.get("RoleName") or manifest.role_name


def _no_role(role_name: str, answer: Mapping[str, Any] | Refusal | None, stack: Stack | None) -> Problem:
    where = f"role {printable(role_name, 64)}"
    if isinstance(answer, Refusal):
        return Problem(where, f"it could not be read: {answer.message}", _ALLOW)
    if stack is not None:
        return Problem(
            where, "it is not there", "the stack made it and somebody deleted it: destroy, then deploy again"
        )
    mend = "deploy the bundle; if that was done, check --profile, --region and the role's name"
    return Problem(where, "it is not there", mend)


def _compare_role(
    files: Files, manifest: Manifest, found: _StackFound, described: Mapping[str, Any], session: Session
) -> Compared:
    """Every difference of the role, and the ways in that its trust leaves open."""
    if TEMPLATE not in files:
        raise refusal(TEMPLATE, "is missing")
    role = read_template(decoded(files[TEMPLATE], TEMPLATE), TEMPLATE, _choices(found.stack, described))
    if found.version is not None:
        # That the stack is of another version is said once, of its template.
        role = replace(role, tags=tuple(sorted({**dict(role.tags), VERSION_TAG: str(found.version)}.items())))
    wanted = wanted_role(role, manifest.partition, session.caller().account_id)
    document = described.get("AssumeRolePolicyDocument")
    arn = RoleArn(manifest.partition, session.caller().account_id, role.path, role.name)
    trust = compare_trust(wanted.role, arn, document, _expected(files, manifest))
    on_role = read_policies(session, role.name, wanted.inline, wanted.attached)
    otherwise = (*trust.differences, *role_differences(wanted, described, on_role))
    if found.template == "differs":
        # Another template makes another role, so what was changed by hand shows only when that is mended.
        otherwise = tuple(replace(problem, mend=_DEPLOY) for problem in otherwise)
    more = (*unread_policies(wanted, on_role), *extra_policies(wanted, on_role))
    return Compared((*otherwise, *more), trust.access_paths)


def _expected(files: Files, manifest: Manifest) -> Expectations:
    try:
        expectations = expectations_of_bundle(files)
    except InputError:
        # Of another template version, and signed: its vendor's account is all that is sure to be understood.
        expectations = RoleExpectations(manifest.vendor_account)
    return expectations.for_judge(manifest.vendor_account, manifest.external_ids)


def _choices(stack: Stack | None, described: Mapping[str, Any]) -> dict[str, str]:
    """What the customer chose: by the stack's parameters, or what the role has where no stack says."""
    live = (str(described.get("RoleName", "")), str(described.get("Path", "/")), _boundary(described))
    return {
        name: value if stack is None else stack.parameters.get(name, value)
        for name, value in zip(_CHOICES, live, strict=True)
    }


def _boundary(described: Mapping[str, Any]) -> str:
    return str((described.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn", ""))


def _tags(described: Mapping[str, Any]) -> Mapping[str, str]:
    return {str(tag["Key"]): str(tag["Value"]) for tag in described.get("Tags") or ()}


def _version(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else None

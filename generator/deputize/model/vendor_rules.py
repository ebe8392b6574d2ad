"""What the fields of a vendor must mean: AWS's patterns and quotas, known partitions, text fit to be shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from deputize.iam import limits
from deputize.iam.arn import parse_policy_arn, parse_role_arn
from deputize.iam.managed import managed_policy, missing_name
from deputize.iam.partitions import PARTITIONS
from deputize.iam.read_only import is_read_only
from deputize.model.display import display_problem, hidden, shown
from deputize.model.hosting import hosting_problems
from deputize.model.profiles import AccessStatement, profile_names
from deputize.model.spec import LOCALES, SLUG, Vendor, VendorAccount, role_name
from deputize.model.text import Localized
from deputize.model.yaml_tree import Path

Rule = Iterator[tuple[Path, str, str]]

RESERVED_TAG_PREFIXES = ("aws:", "deputize:")
_SID = re.compile(r"[A-Za-z0-9]{1,100}", re.ASCII)
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*?]+", re.ASCII)
# `{{resolve:...}}` is a dynamic reference: CloudFormation would put the customer's secret in its place.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
_VARIABLE = re.compile(r"\$\{[A-Za-z0-9_:.]+\}|\{\{", re.ASCII)
_RESOURCE = re.compile(r"\*|arn:[\x21-\x7a\x7c\x7e]{1,2040}", re.ASCII)


def vendor_problems(vendor: Vendor) -> Rule:
    """Everything wrong with a vendor, as (path in vendor.yaml, what, mend)."""
    for rules in (_names, _accounts, _role, _session, _access, _never, hosting_problems):
        yield from rules(vendor)


def _names(vendor: Vendor) -> Rule:
    yield from _text(("vendor", "name"), vendor.name)
    if not vendor.slug:
        yield ("vendor", "slug"), "is missing, and the name has no letters to make it from", "give slug: my-service"
    elif not SLUG.fullmatch(vendor.slug) or not vendor.slug[0].isalpha():
        yield ("vendor", "slug"), f"{shown(vendor.slug)} is no slug", "use a-z first, then a-z, 0-9 and - inside"


def _accounts(vendor: Vendor) -> Rule:
    if not vendor.accounts:
        yield ("accounts",), "is empty", "name the vendor's account of one partition at least"
    for account in vendor.accounts:
        path: Path = ("accounts", account.partition)
        if account.partition not in PARTITIONS:
            yield path, f"{shown(account.partition)} is no partition", f"known are {', '.join(PARTITIONS)}"
            continue
        if not limits.ACCOUNT_ID.admits(account.id):
            yield (*path, "id"), f"{shown(account.id)} is no AWS account ID", "give its 12 digits"
        yield from _trusted(account, path)


def _trusted(account: VendorAccount, path: Path) -> Rule:
    if account.pin and not account.roles:
        yield (*path, "pin"), "pins nothing: no roles are named", "name roles, or remove pin"
    for index, text in enumerate(account.roles):
        arn = parse_role_arn(text)
        if arn is None:
            mend = f"give it in full and without wildcards: arn:{account.partition}:iam::{account.id}:role/NAME"
            yield (*path, "roles", index), f"{shown(text, 100)} is no role ARN", mend
        elif (arn.partition, arn.account_id) != (account.partition, account.id):
            what = f"{shown(text, 100)} is not in account {account.id} of partition {account.partition}"
            yield (*path, "roles", index), what, ""
    if len(set(account.roles)) < len(account.roles):
        yield (*path, "roles"), "names a role twice", "remove one"


def _role(vendor: Vendor) -> Rule:
    role = vendor.role
    example = role_name(role.name, vendor.slug or "v", "t")
    if not limits.ROLE_NAME.admits(example):
        yield ("role", "name"), f"{shown(role.name)} makes no role name", "use letters, digits, _+=,.@- and {tenant}"
    if not limits.PATH.admits(role.path):
        yield ("role", "path"), f"{shown(role.path)} {_path_fault(role.path)}", "use / or /name/"
    if role.description is not None:
        if not limits.DESCRIPTION.admits(role.description.get("en")):
            mend = "at most 1,000 characters of Latin-1; give such a text for en"
            yield ("role", "description"), "is no IAM description", mend
        if variable := _VARIABLE.search(role.description.get("en")):
            what = f"has {shown(variable[0])}, which CloudFormation takes for a variable or a reference"
            yield ("role", "description"), what, "write it otherwise"
        yield from _text(("role", "description"), role.description, _description_problem)
    low, high = limits.SESSION_DURATION.low, limits.SESSION_DURATION.high
    if not low <= role.max_session_duration <= high:
        yield ("role", "max_session_duration"), f"is {role.max_session_duration}", f"use {low} to {high} seconds"
    boundary = role.permissions_boundary
    if boundary is not None and parse_policy_arn(boundary) is None:
        yield ("role", "permissions_boundary"), f"{shown(boundary, 100)} is no managed policy's ARN", ""
    yield from _tags(role.tags)


def _description_problem(text: str) -> str | None:
    what = hidden(text)
    return "is empty" if not text else None if what is None else f"has {what}"


def _path_fault(path: str) -> str:
    if " " in path:
        return "has a space"
    if not path.startswith("/") or not path.endswith("/"):
        return "does not begin and end with a slash"
    return f"is no IAM path of at most {limits.PATH.high} characters"


def _tags(tags: tuple[tuple[str, str], ...]) -> Rule:
    for key, value in tags:
        path: Path = ("role", "tags", key)
        if not limits.TAG_KEY.admits(key):
            yield path, f"{shown(key)} is no tag key", "use 1 to 128 letters, digits, spaces and _.:/=+-@"
        if key.lower().startswith(RESERVED_TAG_PREFIXES):
            yield path, f"{shown(key)} begins with a reserved prefix", "aws: and deputize: are taken"
        if not limits.TAG_VALUE.admits(value):
            yield path, f"{shown(value)} is no tag value", "use at most 256 letters, digits, spaces and _.:/=+-@"
    if len({key.lower() for key, _ in tags}) < len(tags):
        yield ("role", "tags"), "has a key twice (IAM ignores case)", "remove one"
    own = 4
    if len(tags) + own > limits.TAGS.high:
        yield ("role", "tags"), f"are {len(tags)}", f"at most {limits.TAGS.high - own}: deputize adds {own}"


def _never(vendor: Vendor) -> Rule:
    for index, account in enumerate(vendor.never_assume_accounts):
        if not limits.ACCOUNT_ID.admits(account):
            yield ("never_assume_accounts", index), f"{shown(account)} is no AWS account ID", "give its 12 digits"


def _session(vendor: Vendor) -> Rule:
    for index, key in enumerate(vendor.session.tag_keys):
        if not limits.TAG_KEY.admits(key):
            yield ("session", "tag_keys", index), f"{shown(key)} is no tag key", ""


def _access(vendor: Vendor) -> Rule:
    access = vendor.access
    if access.profile is not None and access.profile not in profile_names():
        mend = f"known are {', '.join(profile_names())}"
        yield ("access", "profile"), f"{shown(access.profile)} is no profile", mend
    if access.profile is None and not access.managed_policies and not access.statements:
        yield ("access",), "grants nothing", "name a profile, a managed policy or a statement"
    for index, choice in enumerate(access.managed_policies):
        path: Path = ("access", "managed_policies", index)
        yield from _managed((*path, "name"), choice.name)
        yield from _text((*path, "reason"), choice.reason)
    yield from _statements(vendor)
    for index, secret in enumerate(access.allow_secrets):
        if not _ACTION.fullmatch(secret.action) or "*" in secret.action or "?" in secret.action:
            yield ("access", "allow_secrets", index), f"{shown(secret.action)} is no single action", "no wildcards here"
        yield from _text(("access", "allow_secrets", index, "reason"), secret.reason)


def _managed(path: Path, name: str) -> Rule:
    snapshot = managed_policy(name)
    mend = "use one that a new file of `deputize init` lists, or statements"
    if snapshot is None:
        why = missing_name(name) or "has no snapshot"
        yield path, f"{shown(name)} {why}, so it cannot be proved to read only", mend
    elif not is_read_only(snapshot):
        yield path, f"{shown(name)} is not proved to read only (as of {snapshot.version}, {snapshot.date})", mend


def _statements(vendor: Vendor) -> Rule:
    sids: set[str] = set()
    for index, item in enumerate(vendor.access.statements):
        path: Path = ("access", "statements", index)
        if not _SID.fullmatch(item.sid):
            yield (*path, "sid"), f"{shown(item.sid)} is no statement ID", "use 1 to 100 letters and digits"
        if item.sid in sids:
            yield (*path, "sid"), f"{shown(item.sid)} is there twice", "statement IDs are unique"
        sids.add(item.sid)
        yield from _reads(path, item)
        yield from _text((*path, "reason"), item.reason)


def _reads(path: Path, item: AccessStatement) -> Rule:
    if not item.actions:
        yield (*path, "actions"), "is empty", ""
    for action in item.actions:
        if not _ACTION.fullmatch(action):
            yield (*path, "actions"), f"{shown(action)} is no IAM action", "write service:Action"
    for resource in item.resources or ("",):
        if not _RESOURCE.fullmatch(resource):
            yield (*path, "resources"), f"{shown(resource)} is no resource", "write * or an ARN, without variables"


def _text(path: Path, text: Localized, check: Callable[[str], str | None] = display_problem) -> Rule:
    if not text.texts:
        yield path, "is empty", "give a text, or one per locale"
    for locale, one in text.texts:
        if locale not in LOCALES:
            yield path, f"{shown(locale)} is no locale", f"known are {', '.join(LOCALES)}"
        what = check(one)
        if what is not None:
            yield path, f"{shown(one)} {what}" if one else what, ""

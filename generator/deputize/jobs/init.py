"""A commented vendor.yaml to begin with: every option explained, defaults commented out, a named role trusted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from deputize.disk import write_file_atomically
from deputize.errors import DiffersError, InputError, Problem
from deputize.formats.languages import YAML
from deputize.formats.templates import render
from deputize.iam import limits
from deputize.iam.arn import parse_role_arn
from deputize.iam.partitions import PARTITIONS
from deputize.iam.read_only import managed_names
from deputize.model.display import display_problem, shown
from deputize.model.hosting import template_url
from deputize.model.profiles import load_profile, profile_names
from deputize.model.spec import SLUG, AccessSpec, RoleSpec, SessionSpec, VendorAccount, role_name, slug_from

# What the trusted role is called when the vendor names none: the part of its service that collects.
DEFAULT_ROLE = "{vendor}-collector"


def init_vendor(
    path: str | os.PathLike[str],
    name: str,
    account: str,
    *,
    slug: str = "",
    partition: str = "aws",
    roles: tuple[str, ...] = (),
    force: bool = False,
) -> Path:
    """Write a new vendor.yaml to `path` and return that path.

    Raises InputError with every wrong option, DiffersError when something is at `path` and `force` is not given.
    """
    text = make_vendor_file(name, account, slug=slug, partition=partition, roles=roles)
    try:
        write_file_atomically(Path(path), text.encode(), replace=force)
    except DiffersError as error:
        raise DiffersError(Problem(shown(os.fspath(path), 200), "is there already", "--force replaces it")) from error
    return Path(path)


def make_vendor_file(
    name: str, account: str, *, slug: str = "", partition: str = "aws", roles: tuple[str, ...] = ()
) -> str:
    """The text of a vendor.yaml that `parse_vendor` takes.

    slug: made from the name when empty. roles: names (with their path, if any) or full ARNs of the vendor's roles that
    may assume it; `SLUG-collector` when none is given. Raises InputError with every wrong option.
    """
    used = slug or slug_from(name)
    arns = tuple(_arn(role, account, partition) for role in roles or (role_name(DEFAULT_ROLE, used, ""),))
    problems = _problems(name, account, used, partition, arns)
    if problems:
        raise InputError(*problems)
    return render(
        "init/vendor.yaml.j2",
        YAML,
        name=name,
        slug=used,
        partition=partition,
        account=account,
        roles=arns,
        profiles=tuple(load_profile(profile) for profile in profile_names()),
        snapshots=managed_names(),
        account_default=VendorAccount(partition, account),
        spec=RoleSpec(),
        session=SessionSpec(),
        access=AccessSpec(),
        region=PARTITIONS[partition].home_region,
        template_url=template_url(partition, "bucket-name", PARTITIONS[partition].home_region, "", "0" * 64),
        yes_no=lambda value: "true" if value else "false",
    )


def _arn(role: str, account: str, partition: str) -> str:
    return role if role.startswith("arn:") else f"arn:{partition}:iam::{account}:role/{role.removeprefix('/')}"


def _problems(name: str, account: str, slug: str, partition: str, arns: tuple[str, ...]) -> tuple[Problem, ...]:
    found = list(_name_problems(name, slug))
    if partition not in PARTITIONS:
        found.append(Problem("--partition", f"{shown(partition)} is unknown", f"known are {', '.join(PARTITIONS)}"))
    if not limits.ACCOUNT_ID.admits(account):
        found.append(Problem("--account", f"{shown(account)} is no AWS account ID", "give its 12 digits"))
    # ARNs are made of the above, so what is wrong there would be told twice.
    return tuple(found or _role_problems(account, partition, arns))


def _name_problems(name: str, slug: str) -> Iterator[Problem]:
    wrong = display_problem(name)
    if wrong is not None:
        yield Problem("--name", f"{shown(name)} {wrong}", "give one printable line")
    elif not slug:
        what = f"{shown(name)} has no ASCII letters to make a slug from"
        yield Problem("--slug", what, "give one, as --slug my-service")
    if slug and not (SLUG.fullmatch(slug) and slug[0].isalpha()):
        yield Problem("--slug", f"{shown(slug)} is no slug", "use a-z first, then a-z, 0-9 and - inside")


def _role_problems(account: str, partition: str, arns: tuple[str, ...]) -> Iterator[Problem]:
    for text in arns:
        arn = parse_role_arn(text)
        if arn is None or (arn.partition, arn.account_id) != (partition, account):
            what = f"{shown(text, 100)} is no role of account {account} in partition {partition}"
            yield Problem("--role", what, "give its name, or its full ARN")
    if len(set(arns)) < len(arns):
        yield Problem("--role", "names a role twice", "remove one")

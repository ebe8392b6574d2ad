"""vendor.yaml: its shape (pydantic, which is also the JSON Schema), and from there to the frozen Vendor.

The shape is checked first, every field's meaning after that; all problems come at once, each with its line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import ValidationError

from deputize.errors import InputError, Problem
from deputize.iam.partitions import PARTITIONS
from deputize.model.display import printable
from deputize.model.profiles import AccessStatement, AllowedSecret, ManagedChoice
from deputize.model.spec import AccessSpec, Hosting, RoleSpec, SessionSpec, Vendor, VendorAccount, slug_from
from deputize.model.text import Localized
from deputize.model.vendor_rules import vendor_problems
from deputize.model.vendor_shape import Text, VendorShape
from deputize.model.yaml_tree import Path, read_yaml


def parse_vendor(text: str, where: str = "vendor.yaml") -> Vendor:
    """The Vendor that the text of a vendor.yaml describes. Raises InputError with every problem and its line."""
    located = read_yaml(text, where)
    return _vendor_from(located.tree, where, located.lines)


def vendor_from_json(document: Mapping[str, object], where: str) -> Vendor:
    """The Vendor of a mapping in vendor.yaml's form, as :func:`vendor_to_json` gives. Raises InputError."""
    return _vendor_from(document, where, {})


def _vendor_from(document: object, where: str, lines: Mapping[Path, int]) -> Vendor:
    def place(path: Path) -> str:
        line = next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)
        dotted = ".".join(printable(str(part)) for part in path)
        return f"{where}:{line}: {dotted}" if line else f"{where}: {dotted}" if dotted else where

    try:
        shape = VendorShape.model_validate(document)
    except ValidationError as error:
        raise InputError(*_shape_problems(error, place)) from error
    vendor = shape_to_vendor(shape)
    problems = tuple(Problem(place(path), what, mend) for path, what, mend in vendor_problems(vendor))
    if problems:
        raise InputError(*problems)
    return vendor


def _shape_problems(error: ValidationError, place: Callable[[Path], str]) -> list[Problem]:
    problems: dict[str, Problem] = {}
    for item in error.errors(include_url=False, include_context=True):
        # A text that is neither string nor map is reported once per alternative: keep the first, cut the branch name.
        path = tuple(part for part in item["loc"] if part not in ("str", "dict[str,str]"))
        what = _SHAPE_MESSAGES.get(item["type"], item["msg"][:1].lower() + item["msg"][1:])
        found = Problem(place(path) if path else place(()), what)
        problems.setdefault(found.where, found)
    return list(problems.values())


_SHAPE_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is unknown; see `deputize schema vendor` for what may stand here",
    "string_type": "must be a text",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
}


def shape_to_vendor(shape: VendorShape) -> Vendor:
    """The frozen Vendor of a valid shape; values are taken over as they are and judged by `vendor_problems`."""
    name = _localized(shape.vendor.name)
    role, access = shape.role, shape.access
    return Vendor(
        slug=shape.vendor.slug or slug_from(name.get("en")),
        name=name,
        accounts=tuple(
            VendorAccount(partition, account.id, tuple(account.roles or ()), account.pin)
            for partition, account in sorted(shape.accounts.items(), key=_partition_order)
        ),
        role=RoleSpec(
            name=role.name,
            path=role.path,
            description=None if role.description is None else _localized(role.description),
            tags=tuple(sorted((role.tags or {}).items())),
            max_session_duration=role.max_session_duration,
            permissions_boundary=role.permissions_boundary,
        ),
        session=SessionSpec(shape.session.source_identity, tuple(sorted(shape.session.tag_keys or ()))),
        access=AccessSpec(
            profile=access.profile,
            managed_policies=tuple(
                ManagedChoice(choice.name, _localized(choice.reason)) for choice in access.managed_policies or ()
            ),
            statements=tuple(
                AccessStatement(
                    item.sid, tuple(sorted(set(item.actions), key=str.lower)), item.resources, _localized(item.reason)
                )
                for item in access.statements or ()
            ),
            delivery=access.delivery,
            allow_secrets=tuple(
                AllowedSecret(secret.action, _localized(secret.reason)) for secret in access.allow_secrets or ()
            ),
        ),
        never_assume_accounts=tuple(shape.never_assume_accounts or ()),
        hosting=tuple(
            Hosting(partition, hosting.template_url, hosting.region or _home_region(partition))
            for partition, hosting in sorted(shape.hosting.items(), key=_partition_order)
        ),
    )


def _home_region(partition: str) -> str:
    # An unknown partition is a problem of its own, which vendor_rules names.
    return PARTITIONS[partition].home_region if partition in PARTITIONS else ""


def _localized(text: Text) -> Localized:
    return Localized((("en", text),) if isinstance(text, str) else tuple(sorted(text.items())))


def _partition_order(item: tuple[str, object]) -> tuple[int, str]:
    known = list(PARTITIONS)
    return (known.index(item[0]) if item[0] in known else len(known), item[0])


def vendor_to_json(vendor: Vendor) -> dict[str, object]:
    """`vendor` in vendor.yaml's form and in one order: all that bundles are made of, and nothing that is not.

    The accounts whose roles are never assumed are left out: this text stands in every customer's manifest.
    """
    return {
        "vendor": {"name": vendor.name.to_json(), "slug": vendor.slug},
        "accounts": {
            account.partition: {"id": account.id, "roles": list(account.roles), "pin": account.pin}
            for account in vendor.accounts
        },
        "role": {
            "name": vendor.role.name,
            "path": vendor.role.path,
            "description": None if vendor.role.description is None else vendor.role.description.to_json(),
            "tags": dict(vendor.role.tags),
            "max_session_duration": vendor.role.max_session_duration,
            "permissions_boundary": vendor.role.permissions_boundary,
        },
        "session": {"source_identity": vendor.session.source_identity, "tag_keys": list(vendor.session.tag_keys)},
        "access": _access_to_json(vendor.access),
        "hosting": {
            hosting.partition: {"template_url": hosting.template_url, "region": hosting.region}
            for hosting in vendor.hosting
        },
    }


def _access_to_json(access: AccessSpec) -> dict[str, object]:
    return {
        "profile": access.profile,
        "managed_policies": [
            {"name": choice.name, "reason": choice.reason.to_json()} for choice in access.managed_policies
        ],
        "statements": [
            {
                "sid": item.sid,
                "actions": list(item.actions),
                "resources": list(item.resources),
                "reason": item.reason.to_json(),
            }
            for item in access.statements
        ],
        "delivery": access.delivery,
        "allow_secrets": [
            {"action": secret.action, "reason": secret.reason.to_json()} for secret in access.allow_secrets
        ],
    }

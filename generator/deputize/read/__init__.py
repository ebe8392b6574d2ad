"""Text of any format -> the role it creates: render's mirror. Parsing only; nothing that is read is ever run.

    text -> Node or HCL expressions, each with its place -> values -> IamRole

Every reader gives the same `iam.role.IamRole` and refuses, by file and line, what it does not understand. A new format
is one reader here and one entry in :func:`read_roles`.
"""

from __future__ import annotations

from collections.abc import Mapping

from deputize.iam.role import Delivery, IamRole
from deputize.read.cloudformation.strict import read_template
from deputize.read.json_files import read_json
from deputize.read.normal import normal_form
from deputize.read.source import decoded, refusal
from deputize.read.terraform.module import of_module, read_module

__all__ = ["normal_form", "read_json", "read_module", "read_roles", "read_template"]

_TEMPLATE = "cloudformation/role.yaml"


def read_roles(files: Mapping[str, bytes], delivery: Delivery = "managed") -> dict[str, IamRole]:
    """The role that each format in a bundle's files creates when the customer changes nothing, by format.

    `delivery` is how the JSON form is meant to be applied (see read_json). Raises InputError for a missing format too.
    """
    if _TEMPLATE not in files:
        raise refusal(_TEMPLATE, "is missing")
    module = {path: decoded(content, path) for path, content in files.items() if of_module(path)}
    return {
        "cloudformation": read_template(decoded(files[_TEMPLATE], _TEMPLATE), _TEMPLATE),
        "terraform": read_module(module),
        "json": read_json(files, delivery),
    }

"""Text of any format -> the role it creates: the mirror of `formats`. Parsing only; nothing that is read is ever run.

    text -> Node or HCL expressions, each with its place -> values -> IamRole

Every reader gives the same `iam.role.IamRole` and refuses, by file and line, what it does not understand. A new format
is one row in `model.format`, and its reader here with one entry in READERS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deputize.iam.role import Delivery, IamRole
from deputize.model.format import CLOUDFORMATION, JSON, TEMPLATE, TERRAFORM
from deputize.model.values import Files
from deputize.read.cloudformation.strict import read_template
from deputize.read.json_files import read_json
from deputize.read.normal import normal_form
from deputize.read.source import decoded, refusal
from deputize.read.terraform.module import of_module, read_module

__all__ = ["READERS", "normal_form", "read_json", "read_module", "read_template"]


def _cloudformation(files: Files, _delivery: Delivery) -> IamRole:
    if TEMPLATE not in files:
        raise refusal(TEMPLATE, "is missing")
    return read_template(decoded(files[TEMPLATE], TEMPLATE), TEMPLATE)


def _terraform(files: Files, _delivery: Delivery) -> IamRole:
    return read_module({path: decoded(content, path) for path, content in files.items() if of_module(path)})


# Name of a format -> the role that it makes of a bundle's files when the customer changes nothing. Delivery is how the
# JSON form is meant to be applied (see read_json). A reader raises InputError, for a format that is missing too.
READERS: Mapping[str, Callable[[Files, Delivery], IamRole]] = {
    CLOUDFORMATION.name: _cloudformation,
    TERRAFORM.name: _terraform,
    JSON.name: read_json,
}

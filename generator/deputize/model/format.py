"""The one list of formats, and the path of every file of a bundle; nothing else in the package spells such a path.

A format is one way to make the role. `formats.WRITERS` and `read.READERS` are keyed by the names here, in this order,
which is the order of a bundle's files. A new format is one row of FORMATS, one writer, one reader. Files that are no
format of the role (the manifest, what people read) have their paths here too, for everything must agree on them.
Paths are relative to the bundle's folder, with forward slashes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Format:
    """One way to make the role.

    name: as people and reports call it. main: the file that defines the role. others: its further files, those among
    them that only some bundles have; of numbered ones the first.
    """

    name: str
    main: str
    others: tuple[str, ...]


# No format of the role.
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.json.sig"  # an armoured SSH signature over the manifest's bytes; no manifest lists it
PAGE: Final = "index.html"
README: Final = "README.md"
ACCESS: Final = "access.json"

# CloudFormation: the template, the link that opens it where the vendor hosts one, and scripts that deploy it.
TEMPLATE: Final = "cloudformation/role.yaml"
QUICK_CREATE: Final = "cloudformation/quick-create.txt"
COMMON_SCRIPT: Final = "cli/common.sh"
DEPLOY_SCRIPT: Final = "cli/deploy.sh"
REMOVE_SCRIPT: Final = "cli/remove.sh"
STACK_INPUT: Final = "cli/stack.json"
TAGS_INPUT: Final = "cli/tags.json"
ROLE_INPUT: Final = "cli/role.json"

# Terraform: a module in a folder of its own.
MODULE_FOLDER: Final = "terraform/"
MODULE_MAIN: Final = "terraform/main.tf"
MODULE_VARIABLES: Final = "terraform/variables.tf"
MODULE_OUTPUTS: Final = "terraform/outputs.tf"
MODULE_VERSIONS: Final = "terraform/versions.tf"
MODULE_README: Final = "terraform/README.md"
MODULE_EXAMPLE: Final = "terraform/examples/child-module/main.tf"
MODULE_TESTS: Final = "terraform/tests/role.tftest.hcl"

# Plain JSON, as `aws iam` takes it.
ROLE_FILE: Final = "json/role.json"
TRUST_POLICY: Final = "json/trust-policy.json"
MANAGED_POLICY_ARNS: Final = "json/managed-policy-arns.json"
DEPLOYER_POLICY: Final = "json/deployer-policy.json"
_ACCESS_POLICY: Final = re.compile(r"json/access-policy(?:-([1-9][0-9]{0,8}))?\.json", re.ASCII)


def access_policy(number: int) -> str:
    """The path of the role's access policy of that number, counted from 1."""
    return f"json/access-policy{f'-{number}' if number > 1 else ''}.json"


def access_policy_number(path: str) -> int | None:
    """Which access policy lies at `path`; None when none does. A number 1 that is spelt out counts too."""
    match = _ACCESS_POLICY.fullmatch(path)
    return None if match is None else int(match[1] or 1)


CLOUDFORMATION: Final = Format(
    "cloudformation",
    TEMPLATE,
    (QUICK_CREATE, COMMON_SCRIPT, DEPLOY_SCRIPT, REMOVE_SCRIPT, STACK_INPUT, TAGS_INPUT, ROLE_INPUT),
)
TERRAFORM: Final = Format(
    "terraform",
    MODULE_MAIN,
    (MODULE_VARIABLES, MODULE_OUTPUTS, MODULE_VERSIONS, MODULE_README, MODULE_EXAMPLE, MODULE_TESTS),
)
JSON: Final = Format("json", ROLE_FILE, (TRUST_POLICY, access_policy(1), MANAGED_POLICY_ARNS, DEPLOYER_POLICY))

FORMATS: Final = (CLOUDFORMATION, TERRAFORM, JSON)

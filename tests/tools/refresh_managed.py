"""Refresh the snapshots of AWS managed policies; for maintainers, never at run time.

python tests/tools/refresh_managed.py [NAME[=FILE] ...]: rewrites the snapshots that are shipped, and adds those named
(`SecurityAudit`, `job-function/ViewOnlyAccess`). Texts come from the copy that moto carries, or, where a FILE is given,
from what the aws CLI printed of the default version in any AWS account:

    aws iam get-policy --policy-arn arn:aws:iam::aws:policy/NAME --query Policy.DefaultVersionId --output text
    aws iam get-policy-version --policy-arn arn:aws:iam::aws:policy/NAME --version-id VERSION > FILE

The list of all names, managed_names.txt, is rewritten too. A newer snapshot is never replaced by an older
text. Review the difference: it is what AWS changed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

DATA = Path(__file__).parents[2] / "generator" / "deputize" / "iam" / "data"
FOLDER = DATA / "managed"

Snapshot = dict[str, Any]


def snapshots() -> dict[str, Snapshot]:
    """Every policy that moto carries, by path and name, as our files hold it."""
    return {
        f"{entry['Path']}{name}".removeprefix("/"): {
            "name": f"{entry['Path']}{name}".removeprefix("/"),
            "version": entry["DefaultVersionId"],
            "date": entry["UpdateDate"][:10],
            "document": entry["Document"],
        }
        for name, entry in json.loads(aws_managed_policies_data).items()
    }


def from_aws(name: str, path: Path) -> Snapshot:
    """The snapshot that a file with the answer of `aws iam get-policy-version` holds; only of the default version."""
    version = json.loads(path.read_text(encoding="utf-8"))["PolicyVersion"]
    if not version["IsDefaultVersion"]:
        sys.exit(f"{path}: {version['VersionId']} is not the default version of {name}")
    return {
        "name": name,
        "version": version["VersionId"],
        "date": version["CreateDate"][:10],
        "document": version["Document"],
    }


def main(arguments: list[str]) -> int:
    """Write the snapshots that are shipped already and those of `arguments`; 1 when there is no text of one."""
    given = dict(argument.partition("=")[::2] for argument in arguments)
    known = snapshots() | {name: from_aws(name, Path(file)) for name, file in given.items() if file}
    shipped = {path.stem.replace("+", "/") for path in FOLDER.glob("*.json")}
    write_names()
    missing = 0
    for name in sorted(shipped | set(given)):
        if name not in known:
            print(f"{name}: moto has no such policy", file=sys.stderr)
            missing = 1
            continue
        path = FOLDER / f"{name.replace('/', '+')}.json"
        found = max((*_shipped(path), known[name]), key=lambda one: int(one["version"][1:]))
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{name} {found['version']} {found['date']}")
    return missing


def write_names() -> None:
    """Write the day and the names of all policies that moto carries, which is AWS's whole list of that day."""
    names = sorted(snapshots())
    day = max(one["date"] for one in snapshots().values())
    (DATA / "managed_names.txt").write_text("\n".join((day, *names)) + "\n", encoding="utf-8")


def _shipped(path: Path) -> list[Snapshot]:
    return [json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

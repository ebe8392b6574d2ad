"""Refresh the snapshots of AWS managed policies from the copy that moto carries; for maintainers, never at run time.

python tests/tools/refresh_managed.py [NAME ...]: rewrites the snapshots that are shipped, and adds those named
(`SecurityAudit`, `job-function/ViewOnlyAccess`). Review the difference: it is what AWS changed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

FOLDER = Path(__file__).parents[2] / "generator" / "deputize" / "iam" / "data" / "managed"


def snapshots() -> dict[str, dict[str, Any]]:
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


def main(names: list[str]) -> int:
    """Write the snapshots that are shipped already and those of `names`; 1 when moto lacks one."""
    known = snapshots()
    shipped = {path.stem.replace("+", "/") for path in FOLDER.glob("*.json")}
    missing = 0
    for name in sorted(shipped | set(names)):
        if name not in known:
            print(f"{name}: moto has no such policy", file=sys.stderr)
            missing = 1
            continue
        text = json.dumps(known[name], indent=1, ensure_ascii=False) + "\n"
        (FOLDER / f"{name.replace('/', '+')}.json").write_text(text, encoding="utf-8")
        print(f"{name} {known[name]['version']} {known[name]['date']}")
    return missing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Golden cases: tests/cases/NAME holds vendor.yaml (or none), tenant.yaml (options of `deputize render`) and expected/.

Five cases keep their whole bundle in expected/. Every other keeps the files that it is about, and expected.sha256 has
the digest of every file of its bundle, as `sha256sum` writes it: each byte is guarded, and a person reads the diff.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from typer.testing import CliRunner

from deputize.cli.app import app
from deputize.formats.hosted import hosted_template
from deputize.iam.role import IamRole
from deputize.jobs.inputs import load_vendor, vendor_of_account
from deputize.model.role import build
from deputize.model.slots import slots_of
from deputize.model.spec import Tenant, Vendor
from deputize.model.vendor_file import parse_vendor

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name for path in CASES.iterdir())

WHOLE = ("guid", "hosted", "inline-known-account", "japanese", "pinned-session")
ALWAYS = ("cloudformation/role.yaml", "json/role.json", "json/trust-policy.json", "terraform/main.tf")
# What a case is about beside the role itself.
ALSO = {
    "allowed-secret": ("access.json",),
    "hostile-names": ("README.md", "index.html"),
    "managed-policies": ("json/managed-policy-arns.json",),
    "security-audit": ("json/managed-policy-arns.json",),
    "split-policies": ("json/access-policy.json", "json/access-policy-2.json", "json/access-policy-3.json"),
}

Tree = Mapping[str, bytes]


@dataclass(frozen=True)
class Case:
    """One case: its name, and tenant.yaml as option -> values."""

    name: str
    options: dict[str, list[str]]

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return CASES / self.name

    @property
    def arguments(self) -> list[str]:
        """The command line, without --out."""
        vendor = [] if "vendor-account" in self.options else [f"--vendor={self.folder / 'vendor.yaml'}"]
        return ["render", *vendor, *(f"--{name}={value}" for name, values in self.options.items() for value in values)]

    def asked(self) -> tuple[Vendor, Tenant]:
        """Who asks whom."""

        def one(option: str, default: str = "") -> str:
            return self.options.get(option, [default])[0]

        account, partition = one("vendor-account"), one("partition", "aws")
        vendor = vendor_of_account(account, partition) if account else load_vendor(self.folder / "vendor.yaml")
        tenant = Tenant(
            slug=one("tenant"),
            external_ids=tuple(self.options["external-id"]),
            name=one("name"),
            account_id=one("account-id") or None,
            partition=partition,
            locale=one("locale", "en"),
        )
        return vendor, tenant

    def role(self) -> IamRole:
        """The role that the model makes of the case."""
        vendor, tenant = self.asked()
        return build(vendor, slots_of(vendor, tenant)).resolved()

    def keeps(self, path: str) -> bool:
        """Whether expected/ has the file of this path, and not its digest alone."""
        return self.name in WHOLE or path in (*ALWAYS, *ALSO.get(self.name, ()))

    def kept(self) -> Tree:
        """The files in expected/."""
        return tree(self.folder / "expected")

    def digests(self) -> Mapping[str, str]:
        """Path -> SHA-256 of every file of the bundle that is expected."""
        listed = self.folder / "expected.sha256"
        if not listed.exists():
            return {path: digest(content) for path, content in self.kept().items()}
        lines = listed.read_text(encoding="ascii").splitlines()
        return {path: sha for sha, _, path in (line.partition("  ") for line in lines)}

    def difference(self, found: Tree) -> str | None:
        """The first file, and line where it is kept, in which a bundle is not what is expected; kept files first."""
        kept = self.kept()
        if strange := sorted(path for path in kept if path in found and not self.keeps(path)):
            return f"{strange[0]} is in {self.name}/expected, and golden.py does not say so"
        if told := first_difference({path: content for path, content in found.items() if self.keeps(path)}, kept):
            return told
        wanted = self.digests()
        for path in sorted(found.keys() | wanted.keys()):
            if told := presence(path, found, wanted):
                return told
            if digest(found[path]) != wanted[path]:
                return f"{path} has another digest than in {self.name}/expected.sha256; see it in {', '.join(WHOLE)}"
        return None

    def write(self, found: Tree) -> None:
        """Make a bundle the one that is expected."""
        expected, listed = self.folder / "expected", self.folder / "expected.sha256"
        shutil.rmtree(expected, ignore_errors=True)
        listed.unlink(missing_ok=True)
        for path in filter(self.keeps, found):
            (expected / path).parent.mkdir(parents=True, exist_ok=True)
            (expected / path).write_bytes(found[path])
        if self.name not in WHOLE:
            listed.write_text("".join(f"{digest(found[path])}  {path}\n" for path in sorted(found)), encoding="ascii")


def case_of(name: str) -> Case:
    """The case of that name."""
    text = (CASES / name / "tenant.yaml").read_text(encoding="utf-8")
    options = yaml.load(text, Loader=yaml.BaseLoader)
    return Case(name, {key: value if isinstance(value, list) else [value] for key, value in options.items()})


def tree(folder: Path) -> Tree:
    """Path -> content of every file under a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def presence(path: str, found: Mapping[str, object], expected: Mapping[str, object]) -> str | None:
    """What is wrong with a file that stands on one side only."""
    if path not in found:
        return f"{path} is not written"
    return None if path in expected else f"{path} is written and not expected"


def first_difference(found: Tree, expected: Tree) -> str | None:
    """The first file and line in which two trees differ."""
    for path in sorted(found.keys() | expected.keys()):
        if told := presence(path, found, expected):
            return told
        lines = zip([*found[path].splitlines(), b""], [*expected[path].splitlines(), b""], strict=False)
        for number, (line, wanted) in enumerate(lines, 1):
            if line != wanted:
                return f"{path}:{number}: {line.decode()!r} instead of {wanted.decode()!r}"
        if found[path] != expected[path]:
            return f"{path} differs in its line ends"
    return None


def render(case: Case, out: Path, cache: Path) -> Path:
    """The folder of the bundle, which the command line writes into `out`."""
    result = CliRunner().invoke(app, [*case.arguments, f"--out={out}"], env={"XDG_CACHE_HOME": str(cache)})
    assert result.exit_code == 0, result.stderr or result.exception
    assert result.stdout == f"{out}/{case.options['tenant'][0]}\n"
    return Path(result.stdout.strip())


def render_once(case: Case, shared: Path, cache: Path) -> Path:
    """The same in `shared/NAME`, written by whichever process comes first."""
    done = shared / case.name
    if not done.exists():
        mine = shared.with_name(f"{shared.name}-{os.getpid()}") / case.name
        render(case, mine, cache)
        # Another process may have been faster; what it wrote is the same.
        with contextlib.suppress(OSError):
            mine.rename(done)
    return done / case.options["tenant"][0]


def host_again() -> None:
    """Make the digest in the hosted case's template_url that of the template which its vendor makes now."""
    path = CASES / "hosted" / "vendor.yaml"
    text = path.read_text(encoding="utf-8")
    made = digest(hosted_template(parse_vendor(text), "aws"))
    path.write_text(re.sub(r"[0-9a-f]{64}", made, text), encoding="utf-8")

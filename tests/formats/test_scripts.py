"""cli/ of a bundle: clean for shellcheck, older than bash 4, and inert whatever tenant and vendor are called."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import jmespath  # type: ignore[import-untyped]
import pytest
import yaml

from deputize.formats.cloudformation import template_text
from deputize.formats.scripts import render_scripts
from deputize.iam.partitions import PARTITIONS
from deputize.jobs.inputs import load_vendor, vendor_of_account
from deputize.model.role import build
from deputize.model.slots import slots_of
from deputize.model.spec import Tenant, Vendor, VendorAccount
from deputize.model.text import english

CASES = Path(__file__).parents[1] / "cases"
SCRIPTS = ("cli/common.sh", "cli/deploy.sh", "cli/remove.sh")
HOLDS_VALUES = "cli/common.sh"
NAMES = (
    "'",
    "''",
    "'\\''",
    "';id;'",
    '"',
    "`id`",
    "$(id)",
    "${HOME}",
    "$'\\n'",
    "\\",
    "\\\\'",
    "# x",
    "!!",
    "*",
    "~",
    "-n",
    "%s%n",
    "file:///etc/passwd",
    "{{ 7*7 }}",
    "{# x #}",
    "<(id)",
    "<<EOF",
    "日本 🐙🏽 שלום",
    "'" * 200,
)
READER = "arn:aws:iam::111122223333:role/reader"
FLAGS = re.DOTALL | re.MULTILINE
ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
VALUES = ("tenant", "tenant_name", "vendor", "vendor_name", "vendor_account", "agreed_account", "partition", "stack")


def _files(vendor: Vendor, tenant: Tenant) -> dict[str, str]:
    return render_scripts(build(vendor, slots_of(vendor, tenant)))


def _vendor(name: str = "Example", partition: str = "aws") -> Vendor:
    return Vendor("example", english(name), (VendorAccount(partition, "111122223333"),))


def _case(folder: Path) -> dict[str, str]:
    """The scripts of a golden case."""
    options = yaml.load((folder / "tenant.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    ids, partition = options["external-id"], options.get("partition", "aws")
    account = options.get("vendor-account")
    vendor = vendor_of_account(account, partition) if account else load_vendor(folder / "vendor.yaml")
    tenant = Tenant(
        options["tenant"],
        tuple(ids if isinstance(ids, list) else [ids]),
        options.get("name", ""),
        options.get("account-id"),
        partition,
        options.get("locale", "en"),
    )
    return _files(vendor, tenant)


@cache
def _golden() -> tuple[str, ...]:
    """Every different script of the golden cases and of hostile names."""
    found = [_case(folder) for folder in sorted(CASES.iterdir()) if (folder / "tenant.yaml").is_file()]
    found += [_files(_vendor(name), Tenant("acme", (ID,), name)) for name in NAMES]
    return tuple(dict.fromkeys(files[path] for files in found for path in SCRIPTS))


def _queries(script: str) -> Iterator[str]:
    """What stands between `--query "` and its end, with every variable as a word."""
    for quoted in re.findall(r"--query\s+(\"[^\"]*\"|'[^']*')", script):
        yield re.sub(r"\$\{[^}]*\}|\$\w+", "x", quoted[1:-1])


def test_shellcheck_has_nothing_to_say(tmp_path: Path) -> None:
    """With every optional check but the one that wants braces around each variable."""
    program = Path(sys.executable).parent / "shellcheck"
    for number, name in enumerate(("Acme", "O'Brien & Co", "`id` $(id) ${HOME}", "\\'")):
        folder = tmp_path / str(number) / "cli"
        folder.mkdir(parents=True)
        files = _files(_vendor(name), Tenant("acme", (ID,), name))
        for path in SCRIPTS:
            (folder.parent / path).write_text(files[path], encoding="utf-8")
        for path in SCRIPTS:
            done = subprocess.run(
                [program, "--norc", "--external-sources", "--enable=all", "--exclude=SC2250", path],
                capture_output=True,
                text=True,
                check=False,
                cwd=folder.parent,
            )
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_bash_parses_every_script() -> None:
    """All golden cases and all hostile names; what bash 3.2 of macOS does not have is not used."""
    assert len(_golden()) > len(NAMES)
    for script in _golden():
        done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        newer = r"mapfile|readarray|declare -A|local -n|\$\{\w+(,,|\^\^|@)|\|&|&>>|coproc|\$\{\w+\[-1\]|EPOCHSECONDS"
        assert not re.search(newer, script)
        assert "eval" not in script.split()


@pytest.mark.parametrize("name", NAMES)
def test_names_are_what_they_are(name: str) -> None:
    """bash itself, run over the first lines, holds exactly the texts that were given; no other word has moved."""
    vendor, tenant = _vendor(name), Tenant("acme", (ID,), name, "999988887777")
    files, benign = _files(vendor, tenant), _files(_vendor("Benign"), Tenant("acme", (ID,), "Benign", "999988887777"))
    wanted = ("acme", name, "example", name, "111122223333", "999988887777", "aws", "example-acme")
    for path in SCRIPTS:
        script = files[path]
        head = "".join(line for line in script.splitlines(keepends=True) if line.startswith("readonly "))
        told = subprocess.run(
            ["bash", "-c", f"{head}\nprintf '%s\\0' " + " ".join(f'"${value}"' for value in VALUES)],
            capture_output=True,
            check=True,
        )
        assert tuple(told.stdout.decode().split("\0")[:-1]) == (wanted if path == HOLDS_VALUES else ("",) * len(VALUES))
        assert script.count("\n") == benign[path].count("\n")
        as_benign = {f"{one}={name}": f"{one}=Benign" for one in ("tenant_name", "vendor_name")}
        words = [as_benign.get(word, word) for word in shlex.split(script, comments=True)]
        assert words == shlex.split(benign[path], comments=True)


def test_values_reach_the_aws_cli_in_files_only() -> None:
    """No external ID stands in cli/; names of stack and role, and tags, are JSON that says just what they are."""
    tenant = Tenant("acme", ("file:///etc/passwd", "-abc"), "Acme")
    files = _files(_vendor(), tenant)
    assert not any(external_id in text for text in files.values() for external_id in tenant.external_ids)
    assert json.loads(files["cli/stack.json"]) == {"StackName": "example-acme"}
    assert json.loads(files["cli/role.json"]) == {"RoleName": "example-acme"}
    tags = {tag["Key"]: tag["Value"] for tag in json.loads(files["cli/tags.json"])}
    assert tags.items() >= {"deputize:tenant": "acme", "deputize:vendor": "example"}.items()
    for path in SCRIPTS:
        calls = [line for line in files[path].splitlines() if re.search(r"^\s*(call|aws) |\$\((call|aws) ", line)]
        assert calls
        assert not any(re.search(r"\$(stack|tenant|vendor|role)\b", line) for line in calls)


def test_every_query_is_one() -> None:
    """Each --query of the scripts compiles."""
    for path in SCRIPTS:
        queries = list(_queries(_files(_vendor(), Tenant("acme", (ID,)))[path]))
        assert queries
        for query in queries:
            jmespath.compile(query)


@pytest.mark.parametrize("partition", PARTITIONS)
def test_a_region_of_another_partition_is_known(partition: str) -> None:
    """Each partition's own region passes the script's list, and no other's does."""
    script = _files(_vendor(partition=partition), Tenant("acme", (ID,), partition=partition))["cli/common.sh"]
    listed = re.search(r"case \$region in\n\s*(.*)\)\n", script)
    assert listed is not None
    prefixes = tuple(shlex.split(one)[0].removesuffix("*") for one in listed[1].split(" | "))
    for other in PARTITIONS.values():
        assert other.home_region.startswith(prefixes) is (other.id != partition)


# Answers that no engine gives: what a lying endpoint, or a stack that only the console can make, would say.
LIAR = """#!/bin/bash
case "$2 $*" in
  get-caller-identity*) printf '%s' "$IDENTITY" ;;
  describe-stacks*starts_with*) echo '[]' ;;
  describe-stacks*) printf '%s' "$STACK" ;;
  create-change-set*) echo '{}' ;;
  describe-change-set*) printf '%s' "$CHANGES" ;;
  *) exit 1 ;;
esac
"""
STACK_ID = "arn:aws:cloudformation:us-east-1:444455556666:stack/example-acme/1"
HONEST = {
    "AWS_REGION": "us-east-1",
    "IDENTITY": "444455556666|arn:aws:iam::444455556666:root",
    "CHANGES": f'{STACK_ID}\tFAILED\t["No updates are to be performed."]',
}


def _described(stack_id: str = STACK_ID, parent: str = "", role: str = "example-acme", more: str = "") -> str:
    arn = f"arn:aws:iam::444455556666:role/{role}"
    return f"CREATE_COMPLETE|{stack_id}|{parent}|RoleName|acme|example|{arn}|example-acme|1|acme|example{more}|."


UNTRUE: dict[str, tuple[dict[str, str], int, str]] = {
    "nothing": ({}, 0, "nothing to change"),
    "vendor's own account": ({"IDENTITY": "111122223333\n|arn:aws:iam::1:root"}, 5, "it is not in partition aws"),
    "no account": ({"IDENTITY": "1\x1b[2J|arn:aws:iam::1:root"}, 5, "it is not in partition aws"),
    "no region": ({"AWS_REGION": "us-east-1\x1b[2J"}, 5, "AWS region: none is chosen"),
    "a part more": ({"STACK": _described(more="|.")}, 5, "which was not made for tenant acme"),
    "two parts more": ({"STACK": _described(more="|.||x")}, 5, "which was not made for tenant acme"),
    "another stack": ({"STACK": _described(STACK_ID.replace("acme", "b"))}, 5, "an ID for it that is none"),
    "another region": ({"STACK": _described(STACK_ID.replace("east", "west"))}, 5, "an ID for it that is none"),
    "nested": ({"STACK": _described(parent="arn:aws:x")}, 5, "it belongs to stack arn:aws:x; change that one"),
    "role": ({"STACK": _described(role="x\x1b[2J")}, 5, "which was not made for tenant acme"),
    "lines": ({"STACK": _described(role="x\narn:aws:iam::444455556666:role/y")}, 5, "which was not made for"),
    "reason": ({"CHANGES": f'{STACK_ID}\tFAILED\t["\x1b[2J\u009b"]'}, 5, "could not plan it"),
    "change": (
        {"CHANGES": f"{STACK_ID}\tCREATE_COMPLETE\t[null]\nRemove\tRole\x1b[2J\tx\t-"}, 7, "would replace or remove"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", UNTRUE)
def test_an_untrue_answer_is_refused(what: str, tmp_path: Path) -> None:
    """What AWS answers is taken for nothing but what it is in form, and moves no cursor."""
    changed, code, words = UNTRUE[what]
    for path, text in {**_files(_vendor(), Tenant("acme", (ID,))), "cloudformation/role.yaml": ""}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "aws").write_text(LIAR, encoding="utf-8")
    (tmp_path / "aws").chmod(0o755)
    done = subprocess.run(
        ["bash", tmp_path / "cli" / "deploy.sh", "--yes"],
        check=False,
        capture_output=True,
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "TMPDIR": str(tmp_path),
            "STACK": _described(),
            **HONEST,
            **changed,
        },
    )
    said = done.stderr.decode()
    assert (done.returncode, words in said) == (code, True), said
    assert not re.search(r"[^\n -~]", said)
    assert done.stdout == (b"" if code else b"arn:aws:iam::444455556666:role/example-acme\n")


def test_the_lists_that_an_update_is_shown_by_are_the_roles(tmp_path: Path) -> None:
    """All actions of the access policies, and whoever may enter, whatever the external ID looks like."""
    vendor, strange = _vendor(), "acme/Tags:1/Action:2"
    for number, who in enumerate((vendor, replace(vendor, accounts=(replace(vendor.accounts[0], roles=(READER,)),)))):
        role = build(who, slots_of(who, Tenant("acme", (strange,), "Acme")))
        (tmp_path / f"{number}.yaml").write_text(template_text(role), encoding="utf-8")
    function = re.search(
        r"^parts_of\(\) \{\n.*?^\}\n", _files(vendor, Tenant("acme", (ID,), "A"))["cli/deploy.sh"], FLAGS
    )
    assert function is not None
    calls = "".join(f'parts_of "$work/{number}.yaml" {number}\n' for number in range(2))
    script = f"set -euo pipefail\nwork=$1\n{function[0]}{calls}"
    subprocess.run(["bash", "-c", script, "bash", tmp_path], check=True, capture_output=True)
    actions = {one for each in role.iam.policies for said in each.document.statements for one in said.actions}
    assert (tmp_path / "1.may").read_text("utf-8").splitlines() == sorted(actions | set(role.iam.managed_arns))
    before, after = ((tmp_path / f"{number}.who").read_text("utf-8") for number in range(2))
    assert strange in before
    assert READER not in before
    assert READER in after

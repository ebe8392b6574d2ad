"""Every operation that deputize calls has a row in the table of what an answer must hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore import xform_name

from deputize.aws.answers import NEEDED
from deputize.aws.reads import READS

# What the embedded AWS alone is asked, to make users and roles for tests and the demo, and what tries a write or read.
NOT_READ = {
    "iam:CreateAccessKey",
    "iam:CreateRole",
    "iam:CreateUser",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "ec2:CreateVpc",  # its error is what is read
    "ec2:DescribeInstances",  # the demo's read and write
    "ec2:RunInstances",
}
SERVICES = ("cloudformation", "ec2", "iam", "s3", "sts")


def operations() -> dict[str, str]:
    """IAM's action of every operation of the services that are called, by the name that a client has for it."""
    session = boto3.session.Session()
    found: dict[str, str] = {}
    for service in SERVICES:
        client = session.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        for name in client.meta.service_model.operation_names:
            found.setdefault(f"{service} {xform_name(name)}", f"{service}:{name}")
    return found


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text in some code."""
    return (one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str))


def named(package: Path, known: dict[str, str]) -> set[str]:
    """The actions whose operation some module that reaches AWS names in a text; of reads the table tells."""
    found = set()
    for path in [*(package / "aws").rglob("*.py"), *(package / "jobs").rglob("*.py")]:
        if path.name in {"answers.py", "reads.py"}:
            continue
        said = {one for one in texts(ast.parse(path.read_text(encoding="utf-8"))) if "_" in one}
        services = [one for one in SERVICES if f'"{one}"' in path.read_text(encoding="utf-8")]
        found |= {known[name] for one in said for service in services if (name := f"{service} {one}") in known}
    return found


@pytest.fixture(scope="module")
def called(project_root: Path) -> set[str]:
    """What is called."""
    return named(project_root / "generator" / "deputize", operations())


def test_every_operation_has_its_row(called: set[str]) -> None:
    """One that has none would be believed whatever is missing in its answer."""
    assert called - NOT_READ - set(NEEDED) == set()
    assert {"sts:AssumeRole", "iam:GetRole", "cloudformation:DescribeStacks", "s3:GetObject"} <= called


def test_every_row_is_of_an_operation_that_is_called(called: set[str]) -> None:
    """And is looked up by the name that a call has."""
    assert set(NEEDED) - called == set()
    known = operations()
    for action in NEEDED:
        service, name = action.split(":")
        parts = xform_name(name).split("_")
        assert known[f"{service} {xform_name(name)}"] == f"{service}:{''.join(map(str.capitalize, parts))}"


def test_of_a_tried_read_only_its_end_counts() -> None:
    """So it needs no row: whether it was refused is asked, and nothing of its answer is read."""
    assert READS
    assert {one.action for one in READS} & set(NEEDED) <= {"cloudformation:DescribeStacks"}

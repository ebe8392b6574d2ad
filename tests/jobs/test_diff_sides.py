"""The two sides of a diff: files and AWS managed policies, in pairs; what cannot be read is refused, never empty."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deputize.errors import InputError
from deputize.jobs.diff.run import difference, difference_text

ROLE = {"Type": "AWS::IAM::Role"}


def policy(path: Path, *actions: str) -> str:
    """A file with a policy that allows these."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), encoding="utf-8")
    return str(path)


def template(path: Path, **roles: str) -> str:
    """A template with a role of each name, which may do one thing."""

    def made(action: str) -> dict[str, Any]:
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        allow = {"Effect": "Allow", "Action": action, "Resource": "*"}
        inline = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]}}
        document = {"Version": "2012-10-17", "Statement": [trust]}
        return {**ROLE, "Properties": {"AssumeRolePolicyDocument": document, "Policies": [inline]}}

    resources = {name: made(action) for name, action in roles.items()}
    path.write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    return str(path)


def test_two_policies(tmp_path: Path) -> None:
    """Sole with sole, whatever they are called."""
    old, new = (
        policy(tmp_path / "a.json", "s3:ListBucket"),
        policy(tmp_path / "b.json", "s3:ListBucket", "s3:PutObject"),
    )
    assert difference(old, new).is_wider
    assert not difference(new, old).is_wider
    assert not difference(old, old).is_any
    assert "s3:PutObject" in difference_text(difference(old, new))


def test_roles_are_paired_by_name_and_the_rest_is_added_and_removed(tmp_path: Path) -> None:
    """A new role is wider; one that is gone is not."""
    old = template(tmp_path / "a.json", A="s3:ListBucket", B="s3:ListBucket")
    new = template(tmp_path / "b.json", A="s3:ListBucket", C="s3:ListBucket", D="s3:ListBucket")
    found = difference(old, new)
    assert (found.added, found.removed) == (("C", "D"), ("B",))
    assert not any(one.is_any for one in found.roles)
    assert found.is_wider


def test_a_managed_policy(tmp_path: Path) -> None:
    """Its snapshot is a side; one that is not here is refused."""
    old = policy(tmp_path / "a.json", "s3:ListBucket")
    assert not difference("aws:ReadOnlyAccess", old).is_wider
    with pytest.raises(InputError, match="no snapshot"):
        difference("aws:NoSuchPolicy", old)


@pytest.mark.parametrize("content", ["", "{", '{"a": 1}', "resource aws_iam_role x {}"])
def test_an_unreadable_side_is_never_empty(tmp_path: Path, content: str) -> None:
    """Whichever side it is."""
    good, bad = policy(tmp_path / "a.json", "s3:ListBucket"), tmp_path / "bad.json"
    bad.write_text(content, encoding="utf-8")
    for sides in ((good, str(bad)), (str(bad), good)):
        with pytest.raises(InputError):
            difference(*sides)


def test_a_file_that_says_nothing_of_access_is_not_compared_with_one_that_does(tmp_path: Path) -> None:
    """A trust policy alone allows nothing only by its silence."""
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    alone = tmp_path / "trust.json"
    alone.write_text(json.dumps({"Version": "2012-10-17", "Statement": [trust]}), encoding="utf-8")
    with pytest.raises(InputError, match="says nothing"):
        difference(str(alone), policy(tmp_path / "a.json", "s3:ListBucket"))

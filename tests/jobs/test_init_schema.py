"""`deputize init` and `deputize schema`: what they make, what they refuse, and what they print."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel
from typer.testing import CliRunner

from deputize.cli.boundary import Boundary
from deputize.cli.init import init
from deputize.cli.schema import schema
from deputize.errors import DiffersError, InputError, UsageError
from deputize.iam.partitions import PARTITIONS
from deputize.jobs.init import init_vendor, make_vendor_file
from deputize.jobs.schema import schema_list, schema_text
from deputize.model.schemas import schema_names
from deputize.model.spec import AccessSpec, RoleSpec, SessionSpec, Vendor, VendorAccount
from deputize.model.text import english
from deputize.model.vendor_file import parse_vendor
from deputize.model.vendor_shape import VendorShape

ACCOUNT = "111122223333"


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command line that has these two commands."""
    app = typer.Typer(cls=Boundary)
    app.command()(init)
    app.command()(schema)
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.stdout, done.stderr


def problems(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    """Every problem as a line."""
    return [str(problem) for problem in error.value.problems]


def uncommented(text: str) -> str:
    """The file with every option switched on: `#` before an option is not followed by one space."""
    return re.sub(r"^( *)#(?! \S|$)", r"\1", text, flags=re.MULTILINE)


def test_made_file_is_the_vendor_with_all_defaults() -> None:
    """The file parses, trusts one named role, and changes no default."""
    vendor = parse_vendor(make_vendor_file("Cost Watch", ACCOUNT))
    role = f"arn:aws:iam::{ACCOUNT}:role/cost-watch-collector"
    account = VendorAccount("aws", ACCOUNT, (role,))
    assert vendor == Vendor("cost-watch", english("Cost Watch"), (account,), RoleSpec(), SessionSpec(), AccessSpec())


@pytest.mark.parametrize("partition", PARTITIONS)
def test_every_commented_option_is_valid(partition: str) -> None:
    """With every # removed the file still parses: each example is a working one."""
    text = make_vendor_file("Cost Watch", ACCOUNT, partition=partition)
    vendor = parse_vendor(uncommented(text))
    assert vendor.access.statements
    assert vendor.access.managed_policies
    assert vendor.access.allow_secrets
    assert vendor.session.tag_keys
    assert vendor.role.tags
    assert vendor.role.description
    assert vendor.role.permissions_boundary == f"arn:{partition}:iam::aws:policy/ReadOnlyAccess"


def test_every_option_is_in_the_file_below_a_comment() -> None:
    """No option of the shape is missing, and each that stands alone has a comment above it."""
    lines = make_vendor_file("Cost Watch", ACCOUNT).splitlines()
    for key in _keys(VendorShape):
        at = next((at for at, line in enumerate(lines) if re.match(rf"[ #-]*{key}:", line)), None)
        assert at is not None, key
        if re.match(rf"  #?{key}:", lines[at]) or not lines[at].startswith(" "):
            assert lines[at - 1].lstrip().startswith("# ") or not lines[at - 1], key


def _keys(model: type[BaseModel]) -> set[str]:
    found = set(model.model_fields)
    for field in model.model_fields.values():
        found |= {key for inner in _models(field.annotation) for key in _keys(inner)}
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in getattr(annotation, "__args__", ()) for model in _models(inner)]


def test_roles_are_names_with_paths_or_arns() -> None:
    """A role may be given as a name, with its path, or as its full ARN."""
    arn = f"arn:aws-cn:iam::{ACCOUNT}:role/c"
    text = make_vendor_file("V", ACCOUNT, partition="aws-cn", roles=("a", "service/b", arn))
    names = [role.rpartition(":role/")[2] for role in parse_vendor(text).accounts[0].roles]
    assert names == ["a", "service/b", "c"]


@pytest.mark.parametrize("name", ['"quoted" \\ name', "a: b # c", "- {x}", "<b>&", "{{ x }} {% x %}", "*a &b !c", "'"])
def test_names_are_text_in_yaml(name: str) -> None:
    """Whatever the name looks like in YAML or Jinja, it comes back as it was."""
    assert parse_vendor(make_vendor_file(name, ACCOUNT, slug="v")).name == english(name)


def test_name_in_another_script_needs_a_slug() -> None:
    """A slug cannot be made of Japanese; with one, the name may be in any script."""
    with pytest.raises(InputError) as error:
        make_vendor_file("株式会社コスト", ACCOUNT)
    assert problems(error) == [
        "--slug: '株式会社コスト' has no ASCII letters to make a slug from; give one, as --slug my-service"
    ]
    assert parse_vendor(make_vendor_file("株式会社コスト", ACCOUNT, slug="cost")).slug == "cost"


def test_every_wrong_option_is_told_at_once() -> None:
    """Problems are named by option, not by a line of a file that was never written."""
    with pytest.raises(InputError) as error:
        make_vendor_file("a\u202eb", "1234", slug="9", partition="aws-moon")
    assert problems(error) == [
        "--name: 'a\\u202eb' has an invisible formatting character (U+202E) at position 2; give one printable line",
        "--slug: '9' is no slug; use a-z first, then a-z, 0-9 and - inside",
        "--partition: 'aws-moon' is unknown; known are aws, aws-us-gov, aws-cn, aws-eusc",
        "--account: '1234' is no AWS account ID; give its 12 digits",
    ]


@pytest.mark.parametrize(
    ("role", "arn"),
    [
        ("*", f"arn:aws:iam::{ACCOUNT}:role/*"),
        ("a b", f"arn:aws:iam::{ACCOUNT}:role/a b"),
        ("", f"arn:aws:iam::{ACCOUNT}:role/"),
        ("arn:aws:iam::999999999999:role/x", "arn:aws:iam::999999999999:role/x"),
        (f"arn:aws:iam::{ACCOUNT}:user/x", f"arn:aws:iam::{ACCOUNT}:user/x"),
        (f"arn:aws-cn:iam::{ACCOUNT}:role/x", f"arn:aws-cn:iam::{ACCOUNT}:role/x"),
    ],
)
def test_roles_of_elsewhere_are_refused(role: str, arn: str) -> None:
    """A role is one of that account, by its exact name."""
    with pytest.raises(InputError) as error:
        make_vendor_file("V", ACCOUNT, roles=(role,))
    assert problems(error) == [
        f"--role: '{arn}' is no role of account {ACCOUNT} in partition aws; give its name, or its full ARN"
    ]


def test_default_role_of_the_longest_slug_fits() -> None:
    """IAM's 64 characters hold for the role that the file names by itself."""
    (arn,) = parse_vendor(make_vendor_file("V", ACCOUNT, slug="v" * 63)).accounts[0].roles
    assert len(arn.rpartition("/")[2]) == 64


def test_same_role_twice_is_refused() -> None:
    """Once by name, once by ARN is the same role."""
    with pytest.raises(InputError) as error:
        make_vendor_file("V", ACCOUNT, roles=("a", f"arn:aws:iam::{ACCOUNT}:role/a"))
    assert problems(error) == ["--role: names a role twice; remove one"]


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    """Without `force` nothing is replaced, and the error says how to."""
    path = tmp_path / "vendor.yaml"
    path.write_text("mine")
    with pytest.raises(DiffersError) as error:
        init_vendor(path, "V", ACCOUNT)
    assert [str(one) for one in error.value.problems] == [f"'{path}': is there already; --force replaces it"]
    assert path.read_text() == "mine"
    assert init_vendor(path, "V", ACCOUNT, force=True) == path
    assert parse_vendor(path.read_text()).slug == "v"
    assert list(tmp_path.iterdir()) == [path]


def test_init_prints_the_path_and_nothing_else(tmp_path: Path) -> None:
    """stdout is the path of the file, which is there."""
    path = tmp_path / "v.yaml"
    assert run("init", "--name", "V", "--account", ACCOUNT, "--out", str(path)) == (0, f"{path}\n", "")
    assert parse_vendor(path.read_text()).accounts[0].id == ACCOUNT
    code, out, err = run("init", "--name", "V", "--account", ACCOUNT, "--out", str(path))
    assert (code, out) == (7, "")
    assert "--force replaces it" in err


def test_init_names_every_missing_option() -> None:
    """Both options are asked for at once, and no placeholder is written."""
    code, out, err = run("init")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "error: --name: is missing; give your name, as customers see it",
        "error: --account: is missing; give your AWS account ID",
    ]


def test_schema_without_a_name_lists_all() -> None:
    """One line a schema: name and title."""
    code, out, err = run("schema")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == list(schema_names())
    assert all(len(line.split()) > 1 for line in out.splitlines())
    assert out == schema_list()


@pytest.mark.parametrize("name", schema_names())
def test_schema_prints_json(name: str) -> None:
    """stdout is one JSON document with the schema's ID."""
    code, out, err = run("schema", name)
    assert (code, err) == (0, "")
    assert json.loads(out)["$id"] == f"deputize/{name}/1"


def test_unknown_schema_is_a_usage_error() -> None:
    """The error lists the names that are known."""
    with pytest.raises(UsageError) as error:
        schema_text("../vendor")
    assert str(error.value) == f"schema: '../vendor' is unknown; known are {', '.join(schema_names())}"
    assert run("schema", "x")[0] == 2

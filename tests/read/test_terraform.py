"""Modules that are not quite deputize's own: what is understood, and how the rest is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from deputize.checks.hcl import parse_hcl as hcl_faults
from deputize.errors import InputError
from deputize.iam.policy import Condition, NamedPolicy, Policy, Statement, aws_principals
from deputize.iam.role import IamRole
from deputize.read.hcl_text import parse_hcl
from deputize.read.terraform.module import read_module

MAIN = r"""
locals {
  trust = {
    Version = "2012-10-17"
    Statement = {
      Effect    = "Allow"
      Principal = { "AWS" : "arn:aws:iam::111122223333:root" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = ["${var.id}", "a\u0024{b\"\\"] } }
    }
  }
  access = {
    "-access" = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "ec2:Describe*", Resource = "*" }] }
  }
}
resource "aws_iam_role" "role" {
  name                 = var.name
  max_session_duration = 7200
  permissions_boundary = null
  assume_role_policy   = jsonencode(local.trust)
  tags                 = merge({ b = "1", a = "0123" }, { b = "2" })
}
resource "aws_iam_policy" "access" {
  for_each = local.access
  name     = "${var.name}${each.key}"
  policy   = jsonencode(each.value)
}
resource "aws_iam_role_policy_attachment" "access" {
  for_each   = local.access
  role       = aws_iam_role.role.name
  policy_arn = aws_iam_policy.access[each.key].arn
}
resource "aws_iam_role_policy_attachment" "aws" {
  for_each   = toset(["arn:aws:iam::aws:policy/SecurityAudit"])
  role       = aws_iam_role.role.name
  policy_arn = each.value
}
"""
VARIABLES = """
variable "name" {
  type    = string
  default = "Reader"
}
variable "id" {
  type    = string
  default = "12345"
}
variable "map" {
  type    = map(string)
  default = {}
}
"""
ROLE = IamRole(
    name="Reader",
    path="/",
    description="",
    max_session=7200,
    boundary=None,
    trust=Policy(
        (
            Statement(
                None,
                "Allow",
                ("sts:AssumeRole",),
                (),
                aws_principals("arn:aws:iam::111122223333:root"),
                (Condition("StringEquals", "sts:ExternalId", ("12345", 'a${b"\\')),),
            ),
        )
    ),
    delivery="managed",
    policies=(NamedPolicy("Reader-access", Policy((Statement(None, "Allow", ("ec2:Describe*",), ("*",)),))),),
    managed_arns=("arn:aws:iam::aws:policy/SecurityAudit",),
    tags=(("a", "0123"), ("b", "2")),
)


def read(main: str, choices: dict[str, str] | None = None) -> IamRole:
    """The role of a module whose main file is `main`."""
    return read_module({"main.tf": main, "variables.tf": VARIABLES}, choices)


def edited(*edits: tuple[str, str]) -> str:
    """The main file with pieces of it replaced, each of which must be there once."""
    text = MAIN
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_a_module_is_resolved_at_its_defaults() -> None:
    """Variables, locals, for_each, jsonencode, merge, toset and escapes."""
    assert read(MAIN) == ROLE


def test_variables_may_be_chosen() -> None:
    """A choice replaces the default."""
    asked = replace(ROLE, name="Mine", policies=(NamedPolicy("Mine-access", ROLE.policies[0].document),))
    assert read(MAIN, {"name": "Mine"}) == asked


def test_inline_policies() -> None:
    """aws_iam_role_policy puts a policy into the role."""
    main = (
        MAIN[: MAIN.index('resource "aws_iam_policy"')]
        + MAIN[MAIN.index('resource "aws_iam_role_policy_attachment" "aws"') :]
    )
    inline = """
resource "aws_iam_role_policy" "access" {
  name   = "Reader-access"
  role   = aws_iam_role.role.id
  policy = "{\\"Version\\": \\"2012-10-17\\", \\"Statement\\": {\\"Effect\\": \\"Allow\\", \\"Action\\": \\"ec2:Describe*\\", \\"Resource\\": \\"*\\"}}"
}
"""  # noqa: E501
    assert read(main + inline) == replace(ROLE, delivery="inline")


UNREAD = "which deputize does not read"
ROLE_BLOCK = 'resource "aws_iam_role" "role" {\n'
BAD: dict[str, tuple[str, str]] = {
    "nothing": ("", "the module: has no aws_iam_role"),
    "truncated": (MAIN[:200], "main.tf:9: is not HCL: cannot be parsed here"),
    "attribute outside": ("a = 1\n", "main.tf: has 'a' outside of a block"),
    "provider": ('provider "aws" {}\n', f"main.tf:1: has a 'provider' block, {UNREAD}"),
    "module": ('module "x" {\n  source = "./x"\n}\n', f"main.tf:1: has a 'module' block, {UNREAD}"),
    "data source": ('data "external" "x" {}\n', f"main.tf:1: has data 'external', {UNREAD}"),
    "resource": ('resource "aws_s3_bucket" "x" {}\n', f"main.tf:1: has resource 'aws_s3_bucket', {UNREAD}"),
    "backend": ('terraform {\n  backend "s3" {}\n}\n', f"main.tf:2: terraform has a 'backend' block, {UNREAD}"),
    "provisioner": (
        edited((ROLE_BLOCK, ROLE_BLOCK + '  provisioner "local-exec" {}\n')),
        f"main.tf:17: resource has a 'provisioner' block, {UNREAD}",
    ),
    "lifecycle": (
        edited((ROLE_BLOCK, ROLE_BLOCK + "  lifecycle {\n    ignore_changes = all\n  }\n")),
        f"main.tf:17: lifecycle has 'ignore_changes', {UNREAD}",
    ),
    "argument": (
        edited((ROLE_BLOCK, ROLE_BLOCK + "  count = 2\n")),
        f"main.tf:16: aws_iam_role 'role' has 'count', {UNREAD}",
    ),
    "argument twice": (
        edited(("permissions_boundary = null", "name = null")),
        "main.tf:19: sets 'name' twice; remove one",
    ),
    "resource twice": (
        edited(('"aws_iam_role_policy_attachment" "aws"', '"aws_iam_role_policy_attachment" "access"')),
        "main.tf:33: has resource 'aws_iam_role_policy_attachment.access' twice; remove one",
    ),
    "local twice": (MAIN + "locals {\n  trust = 1\n}\n", "main.tf:38: sets local.trust twice; remove one"),
    "variable twice": (MAIN + 'variable "name" {}\n', "variables.tf:2: has variable 'name' twice; remove one"),
    "key twice": (edited(('{ b = "1", a', '{ a = "1", a')), "main.tf:21: has the key 'a' twice; remove one"),
    "key is a call": (
        edited(('{ b = "1"', '{ (upper("b")) = "1"')),
        "main.tf:21: has a key that is no name and no string",
    ),
    "no default": (MAIN + 'variable "x" {}\n', "main.tf:38: variable 'x' has no default; give a value for it"),
    "variable's argument": (
        MAIN + 'variable "x" {\n  ephemeral = true\n}\n',
        f"main.tf:38: variable 'x' has 'ephemeral', {UNREAD}",
    ),
    "unknown variable": (
        edited(("= var.name\n", "= var.nmae\n")),
        "main.tf:17: 'var.nmae' is nothing that this module has",
    ),
    "unknown local": (
        edited(("jsonencode(local.trust)", "jsonencode(local.trusted)")),
        "main.tf:20: 'local.trusted' is nothing that this module has",
    ),
    "unknown resource": (
        edited(("aws_iam_policy.access[each.key]", "aws_iam_policy.acess[each.key]")),
        "main.tf:31: 'aws_iam_policy.acess.[-access].arn' is nothing that this module has",
    ),
    "path of the file system": (
        edited(("= var.name\n", "= path.module\n")),
        "main.tf:17: 'path.module' is nothing that this module has",
    ),
    "function": (
        edited(("= var.name\n", '= file("/etc/passwd")\n')),
        "main.tf:17: calls 'file' in a way that deputize does not read",
    ),
    "function's arguments": (
        edited(("toset([", "toset([1, ")),
        "main.tf:34: calls 'toset' in a way that deputize does not read",
    ),
    "operator": (edited(("= 7200", "= 2 * 3600")), "main.tf:18: has a binary op, which is not read here"),
    "conditional": (edited(("= 7200", "= true ? 1 : 2")), "main.tf:18: has a conditional, which is not read here"),
    "for": (
        edited(("for_each = local.access\n  name", "for_each = { for k in [] : k => k }\n  name")),
        "main.tf:24: has a for object expr, which is not read here",
    ),
    "heredoc": (
        edited(("= var.name\n", "= <<E\nx\nE\n")),
        "main.tf:17: has a heredoc template, which is not read here",
    ),
    "directive": (
        edited(("= var.name\n", '= "%{if true}x%{endif}"\n')),
        "main.tf:17: has a string template that deputize does not read",
    ),
    "escaped template": (
        edited((r"a\u0024{b", "$${b}")),
        "main.tf:9: has '$${' in a string; write the sign as \\u0024 or \\u0025",
    ),
    "dollar before a template": (
        edited(('"${var.id}"', '"$$$${var.id}"')),
        "main.tf:9: has '$${' in a string; write the sign as \\u0024 or \\u0025",
    ),
    "percent before a template": (
        edited(('"${var.id}"', '"%${var.id}"')),
        "main.tf:9: has a string template that deputize does not read",
    ),
    "escape": (edited((r"a\u0024{b", r"\x41")), "main.tf:9: has the escape '\\x', which HCL does not have"),
    "surrogate": (edited((r"a\u0024{b", r"\ud800")), "main.tf:9: has the escape '\\u', which HCL does not have"),
    "line end in a string": (
        edited((r"a\u0024{b", "a\nb")),
        "main.tf:9: has a string that goes over the end of a line",
    ),
    "circle": (
        edited(("trust = {", "trust = local.other\n  other = local.trust\n  unused = {")),
        "main.tf:4: local.trust depends on itself",
    ),
    "session is text": (edited(("= 7200", '= "2h"')), "main.tf:18: a whole number is needed here"),
    "tag is a number": (edited(('"0123"', "0123")), "main.tf:21: has a tag that is no text"),
    "no name": (edited(("= var.name\n", "= null\n")), "main.tf:16: 'aws_iam_role.role' has no name"),
    "no trust": (
        edited(("jsonencode(local.trust)", "null")),
        "main.tf:16: 'aws_iam_role.role' has no assume_role_policy",
    ),
    "two roles": (
        MAIN + 'resource "aws_iam_role" "more" {}\n',
        "main.tf:38: has 2 roles, 'role' and 'more'; keep one role in a module",
    ),
    "not attached": (
        edited(("aws_iam_policy.access[each.key].arn", '"arn:aws:iam::aws:policy/X"')),
        "main.tf:23: 'aws_iam_policy.access[-access]' is not attached to the role",
    ),
    "attached elsewhere": (
        edited(
            (
                "  role       = aws_iam_role.role.name\n  policy_arn = each.value",
                '  role       = "Other"\n  policy_arn = each.value',
            )
        ),
        "main.tf:35: is not the role 'role' of this module",
    ),
    "attaches a name": (
        edited(("[each.key].arn", "[each.key].name")),
        "main.tf:31: is no ARN and no policy of this module",
    ),
    "paths differ": (
        edited((ROLE_BLOCK, ROLE_BLOCK + '  path = "/x/"\n')),
        "main.tf:24: 'aws_iam_policy.access[-access]' has path '/', the role '/x/'; give both the same",
    ),
    "not known": (
        edited(("jsonencode(each.value)", "jsonencode(aws_iam_role.role.arn)")),
        "main.tf:26: encodes as JSON what is not known before it is applied",
    ),
    "old policy": (
        edited(('trust = {\n    Version = "2012-10-17"', 'trust = {\n    Version = "2008-10-17"')),
        "main.tf:20: Version is '2008-10-17', not '2012-10-17'",
    ),
    "for_each over text": (
        edited(('toset(["arn:aws:iam::aws:policy/SecurityAudit"])', '"x"')),
        "main.tf:34: for_each needs a map or a set",
    ),
}


@pytest.mark.parametrize(("main", "expected"), BAD.values(), ids=BAD)
def test_what_is_not_understood_is_refused(
    main: str, expected: str, message: Callable[[Callable[[], object]], str]
) -> None:
    """One message, naming the file, the line and the thing."""
    assert message(lambda: read(main)) == expected


@pytest.mark.parametrize(
    "text",
    ["locals {\n a = " + "[" * 5000 + "]" * 5000 + "\n}", "a {\n" * 2000 + "}\n" * 2000],
    ids=["lists", "blocks"],
)
def test_deep_nesting_is_refused(text: str, message: Callable[[Callable[[], object]], str]) -> None:
    """Thousands of levels end in a message, not in a RecursionError."""
    assert message(lambda: read(text)).endswith(": is nested too deeply")


def test_many_locals_in_a_chain_are_refused(message: Callable[[Callable[[], object]], str]) -> None:
    """Locals that rest on each other are followed only so far."""
    chain = "".join(f"  c{number} = local.c{number + 1}\n" for number in range(500))
    text = 'locals {\n%s  c500 = "x"\n}\nresource "aws_iam_role" "r" {\n  name = local.c0\n}\n' % chain  # noqa: UP031
    assert message(lambda: read(text)).endswith(": is nested too deeply, locals included")


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ({"nmae": "x"}, "the module: has no variable 'nmae'"),
        ({"map": "x"}, "variables.tf:10: variable 'map' is no string, so it cannot be chosen here"),
    ],
)
def test_an_unknown_choice_is_refused(
    choices: dict[str, str], expected: str, message: Callable[[Callable[[], object]], str]
) -> None:
    """Only string variables that the module has can be chosen."""
    assert message(lambda: read(MAIN, choices)) == expected


@pytest.mark.parametrize("end", ["EOF ", "EOF\t", "EOF\r", "  EOF  ", "EOF\u00a0", "EOF\u0085"])
@pytest.mark.parametrize("word", ["EOF", "end-of_it"])
def test_a_heredoc_that_terraform_ends_earlier_is_refused(end: str, word: str) -> None:
    """The parser would go on to the next such word, and lose a whole role between them without a sound."""
    hidden = 'resource "aws_iam_role" "hidden" {\n  assume_role_policy = "{}"\n}\n'
    end = end.replace("EOF", word)
    text = f"locals {{\n  a = <<-{word}\nx\n{end}\n}}\n{hidden}locals {{\n  b = <<{word}\ny\n{word}\n}}\n"
    with pytest.raises(InputError, match=r"main\.tf:4: has something behind the end of a heredoc"):
        parse_hcl(text, "main.tf")
    assert [one.line for one in hcl_faults({"terraform/zz.tf": text.encode()})][:1] == [4]
    plain = text.replace(f"{end}\n}}\n{hidden}", f"{word}\n}}\n{hidden}", 1)
    assert [block.type for block in parse_hcl(plain, "main.tf")] == ["locals", "resource", "locals"]

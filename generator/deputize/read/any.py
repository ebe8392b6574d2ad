"""A file of any origin -> what it asks IAM for: the one door for lint and explain. No content makes it raise."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from deputize.errors import InputError
from deputize.model.world import NotUnderstood, Place
from deputize.read.cloudformation.template import read_found_template
from deputize.read.found import FoundFile, not_understood
from deputize.read.json_text import parse_json
from deputize.read.policies import json_scalar, read_answer, read_policy
from deputize.read.recognise import ACCESS, OTHER, RESOURCE_POLICY, ROLE, TEMPLATE, TERRAFORM, TRUST, recognise
from deputize.read.source import MAX_BYTES, Node, TooManyError, place_at, refusal, scalar
from deputize.read.symbols import foreign_mark, without_marks
from deputize.read.unread import statement_in, terraform_in
from deputize.read.yaml_text import parse_yaml

_MAX_ROLES = 3_000
# CloudFormation takes 500 resources in a template; each branch of the conditions is a role here.
_MAX_ROLES_OF_TEMPLATE = 640
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def read_any(content: bytes, where: str, choices: Mapping[str, str]) -> FoundFile:
    """The roles and policies in a template, a plain policy or an answer of `aws iam`.

    where: the file as the caller names it. choices: template parameters by name, pseudo parameters among them; those
    that a file does not have do not concern it. What cannot be read is in `refused`, with its place.
    """
    try:
        text = text_of_file(content, where)
        _check_choices(choices)
        terraform = terraform_in(text, where)
        if terraform is not None:
            return FoundFile(TERRAFORM, unjudged=(terraform,))
        node, is_json = _parsed(text, where)
        return replace(_limited(_read(node, text, choices, is_json=is_json), node), tree=node)
    except RecursionError:
        return FoundFile(OTHER, refused=(NotUnderstood(Place(where, 1, 1), "is nested too deep"),))
    except InputError as error:
        return FoundFile(OTHER, refused=(not_understood(error, Place(where, 1, 1)),))


def _limited(file: FoundFile, node: Node) -> FoundFile:
    """The file with no more roles than are worth judging: a hostile one has tens of thousands."""
    most = _MAX_ROLES_OF_TEMPLATE if file.kind == TEMPLATE else _MAX_ROLES
    if len(file.roles) <= most:
        return file
    what = f"has {len(file.roles):,} roles, each branch of its conditions counted: after {most:,} none is judged"
    refused = (NotUnderstood(node.place, what, "split the file"), *file.refused)
    return replace(file, roles=file.roles[:most], refused=refused, is_spent=True)


def text_of_file(content: bytes, where: str) -> str:
    """A file's text. Raises InputError for what is too large or no text."""
    if len(content) > MAX_BYTES:
        raise refusal(where, f"has {len(content)} bytes; at most {MAX_BYTES} are read")
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or content[:2].count(0) == 1:
        raise refusal(where, "is UTF-16", "save it as UTF-8")
    try:
        text = content.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(errors="replace")
        place = place_at(before, len(before), where)
        raise refusal(place, f"is not UTF-8: byte {error.start} cannot be read", "save it as UTF-8") from error
    control = _CONTROL.search(text)
    if control is not None:
        raise refusal(place_at(text, control.start(), where), "has a control character", "remove it")
    text = without_marks(text)
    mark = foreign_mark(text)
    if mark is not None:
        raise refusal(place_at(text, mark, where), "has a private-use character", "remove it")
    return text


def _check_choices(choices: Mapping[str, str]) -> None:
    for name, value in choices.items():
        if foreign_mark(value) is not None:
            option = f"--parameter {name}"
            raise refusal(option, "has a private-use character", "remove it")


def _parsed(text: str, where: str) -> tuple[Node, bool]:
    """(The file's one value, whether it is JSON)."""
    if not text.lstrip().startswith(("{", "[")):
        return parse_yaml(text, where, any_key=True), False
    try:
        return parse_json(text, where), True
    except TooManyError:
        raise  # YAML would only count them again
    except InputError:
        # CloudFormation reads a template in braces as YAML where it is no JSON; IAM takes JSON alone.
        try:
            node = parse_yaml(text, where, any_key=True)
        except InputError:
            node = None
        if node is not None and recognise(node) == TEMPLATE:
            return node, False
        raise


def _read(node: Node, text: str, choices: Mapping[str, str], *, is_json: bool) -> FoundFile:
    kind = recognise(node)
    read = json_scalar if is_json else scalar
    if kind == TEMPLATE:
        return read_found_template(node, text, choices)
    if kind in (TRUST, ACCESS):
        return read_policy(node, kind, PurePosixPath(node.place.file).stem, read)
    if kind == ROLE:
        return read_answer(node, read)
    if kind == RESOURCE_POLICY:
        what = "is the policy of a resource, as of a bucket, or a resource control policy"
        what = f"{what}: neither the trust policy of a role nor its access"
        return FoundFile(OTHER, notes=(NotUnderstood(node.place, what),))
    lone = statement_in(node) if is_json else None
    return FoundFile(OTHER, unjudged=() if lone is None else (lone,))

"""Resources that are not in the file: those that SAM makes of its own, and those of loops that can make no role.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from deputize.read.cloudformation.sections import Generated, type_of
from deputize.read.source import Node

LOOP = "Fn::ForEach::"
_SAM = "AWS::Serverless-"
_SERVERLESS = "AWS::Serverless::"
_WITH_ROLE = frozenset({"AWS::Serverless::Function", "AWS::Serverless::StateMachine"})
_OF_ALL = re.compile(r"ServerlessRestApi\w*|ServerlessHttpApi\w*|ServerlessDeploymentApplication", re.ASCII)
_DEPLOYER = re.compile(r"CodeDeployServiceRole", re.ASCII)
_ROLE = "AWS::IAM::Role"
# What a loop must not make unseen: roles, policies and whatever has templates, roles or macros inside.
_MAY_MAKE_ROLES = re.compile(
    r"AWS::(?:IAM|CloudFormation|Serverless|SSO|ServiceCatalog)::.*|.*::MODULE|Custom::.*", re.ASCII
)
_LITERAL_TYPE = re.compile(r"[A-Za-z0-9]+::[A-Za-z0-9]+::[A-Za-z0-9]+(?:::MODULE)?", re.ASCII)
_VARIABLE = re.compile(r"[$&]\{([A-Za-z0-9]+)\}", re.ASCII)


def generated_resources(sections: Mapping[str, Node], resources: Mapping[str, Node]) -> tuple[Generated, ...]:
    """What the template refers to and another makes, by patterns of names."""
    found = [one for name, node in resources.items() if name.startswith(LOOP) for one in _of_loop(node)]
    if has_sam(sections):
        found += _of_sam(resources)
    return tuple(found)


def has_sam(sections: Mapping[str, Node]) -> bool:
    """Whether SAM transforms the template."""
    node = sections.get("Transform")
    items = () if node is None else node.value if isinstance(node.value, tuple) else (node,)
    return any(isinstance(one.value, str) and one.value.startswith(_SAM) for one in items)


def makes_no_role(loop: Node) -> bool:
    """Whether nothing that a loop makes can be a role, have a policy or hold a template."""
    fragment = _fragment(loop)
    return bool(fragment) and all(_is_harmless(name, node) for name, node in fragment.items())


def _is_harmless(name: str, node: Node) -> bool:
    if name.startswith(LOOP):
        return makes_no_role(node)
    kind = type_of(node)
    known = _LITERAL_TYPE.fullmatch(kind) is not None and _MAY_MAKE_ROLES.fullmatch(kind) is None
    return known and not name.startswith("Fn::")


def _of_loop(loop: Node) -> Iterator[Generated]:
    for name, node in _fragment(loop).items():
        if name.startswith(LOOP):
            yield from _of_loop(node)
        elif _is_harmless(name, node):
            parts = _VARIABLE.split(name)
            pattern = "".join(re.escape(one) if at % 2 == 0 else "[A-Za-z0-9]+" for at, one in enumerate(parts))
            yield Generated(re.compile(pattern, re.ASCII), type_of(node), node.named_at)


def _of_sam(resources: Mapping[str, Node]) -> Iterator[Generated]:
    for name, node in resources.items():
        kind = type_of(node)
        if not kind.startswith(_SERVERLESS):
            continue
        if kind in _WITH_ROLE:
            yield Generated(re.compile(re.escape(name) + "Role"), _ROLE, node.named_at)
        yield Generated(re.compile(re.escape(name) + r"\.?\w+", re.ASCII), "", node.named_at)
        yield Generated(_OF_ALL, "", node.named_at)
        yield Generated(_DEPLOYER, _ROLE, node.named_at)


def _fragment(loop: Node) -> Mapping[str, Node]:
    """The last of a loop's three parts: what it makes for each value."""
    parts = loop.value if isinstance(loop.value, tuple) else ()
    last = parts[-1].value if len(parts) == 3 else None  # noqa: PLR2004 -- identifier, values, what is made
    return last if isinstance(last, Mapping) else {}

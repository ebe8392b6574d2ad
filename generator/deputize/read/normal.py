"""What every reader does alike: documents through the policy grammar, names in order, and the form for comparing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from deputize.iam.grammar import policy_from_json
from deputize.iam.policy import Condition, NamedPolicy, NotUnderstoodError, Policy, Statement
from deputize.iam.role import IamRole
from deputize.model.display import shown
from deputize.model.world import Place
from deputize.read.json_text import parse_json, plain_json
from deputize.read.source import Node, items_of, only_keys, refusal

_NUMBERED = re.compile(r"(.*?)(?:-([0-9]{1,9}))?", re.ASCII | re.DOTALL)


def policy_of(document: object, where: Place | str) -> Policy:
    """IAM's JSON as a Policy. Raises InputError at `where` for what the policy grammar does not hold."""
    try:
        return policy_from_json(document)
    except NotUnderstoodError as error:
        raise refusal(where, str(error)) from error


def policy_of_text(text: str, where: str) -> Policy:
    """A policy document's text as a Policy. Raises InputError."""
    return policy_of(plain_json(parse_json(text, where)), where)


def in_order(policies: Iterable[NamedPolicy]) -> tuple[NamedPolicy, ...]:
    """Policies by name, the number at the end as a number: X-access, X-access-2, X-access-10."""
    return tuple(sorted(policies, key=_by_number))


def sorted_tags(tags: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Tags by key, without those that AWS sets itself."""
    return tuple(sorted((key, value) for key, value in tags.items() if not key.lower().startswith("aws:")))


def tags_of(node: Node, text: Callable[[Node], str]) -> tuple[tuple[str, str], ...]:
    """A list of {Key, Value}, sorted; `text` gives a node's text. Raises InputError for a key that is there twice."""
    tags: dict[str, str] = {}
    for item in items_of(node):
        fields = only_keys(item, frozenset({"Key", "Value"}), "a tag")
        if len(fields) < len(("Key", "Value")):
            raise refusal(item.place, "a tag needs Key and Value")
        key = text(fields["Key"])
        if key in tags:
            raise refusal(item.place, f"has the tag {shown(key)} twice", "remove one")
        tags[key] = text(fields["Value"])
    return sorted_tags(tags)


def normal_form(role: IamRole) -> IamRole:
    """`role` with everything sorted whose order has no meaning: two roles of equal meaning have equal normal forms.

    Needed where an engine reorders (Terraform's jsonencode sorts an object's keys, so the conditions); the readers
    keep the order of what they read. Statements stay in their order, which nothing changes.
    """
    return replace(
        role,
        trust=_normal_policy(role.trust),
        policies=in_order(NamedPolicy(policy.name, _normal_policy(policy.document)) for policy in role.policies),
        managed_arns=tuple(sorted(set(role.managed_arns))),
        tags=tuple(sorted(role.tags)),
    )


def _normal_policy(policy: Policy) -> Policy:
    return Policy(tuple(_normal_statement(statement) for statement in policy.statements))


def _normal_statement(statement: Statement) -> Statement:
    conditions = (
        Condition(condition.operator, condition.key, _set(condition.values)) for condition in statement.conditions
    )
    return replace(
        statement,
        actions=_set(statement.actions),
        resources=_set(statement.resources),
        principals=tuple(sorted(set(statement.principals), key=lambda one: (one.kind, one.text))),
        conditions=tuple(sorted(conditions, key=lambda condition: (condition.operator, condition.key))),
    )


def _set(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


def _by_number(policy: NamedPolicy) -> tuple[str, int]:
    match = _NUMBERED.fullmatch(policy.name)
    return (match[1], int(match[2] or 1)) if match else (policy.name, 1)

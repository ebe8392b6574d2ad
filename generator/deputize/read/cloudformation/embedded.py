"""A template in a template: a stack set holds its own as a text, a nested stack points to one.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stackset.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deputize.errors import InputError
from deputize.model.display import printable, shown
from deputize.model.world import NotUnderstood
from deputize.read.cloudformation.evaluation import Evaluation
from deputize.read.cloudformation.resolver import Assumptions
from deputize.read.cloudformation.sections import Resource, Source, intrinsic
from deputize.read.json_text import parse_json
from deputize.read.source import Node, refusal, scalar
from deputize.read.texts import parsed_text
from deputize.read.yaml_text import parse_yaml

STACKS = ("AWS::CloudFormation::Stack", "AWS::Serverless::Application")
STACK_SET = "AWS::CloudFormation::StackSet"


@dataclass(frozen=True, slots=True)
class Given:
    """What a template is given as its parameters. label: which instances have them; empty where all do."""

    parameters: Mapping[str, str]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A stack set's template in one branch. given: the parameters for each group of instances that differs in them."""

    template: Node | None = None
    given: tuple[Given, ...] = ()
    refused: tuple[NotUnderstood, ...] = ()
    unjudged: tuple[NotUnderstood, ...] = ()


def nested(owner: Resource) -> NotUnderstood:
    """What is said of a nested stack: its template is another file."""
    node = owner.properties.get("TemplateURL") or owner.properties.get("Location", owner.node)
    what = f"the nested stack {shown(owner.name)} is another file, which is not judged"
    return NotUnderstood(node.named_at, what, "judge that file too")


def embedded(source: Source, owner: Resource, assumptions: Assumptions) -> Embedded:
    """The template in a stack set. Raises InputError when it holds one that cannot be read."""
    evaluation = Evaluation(source, assumptions)
    fields = owner.node.value if isinstance(owner.node.value, Mapping) else {}
    condition = fields.get("Condition")
    if condition is not None and not evaluation.holds(str(condition.value), condition):
        return Embedded()
    node = owner.properties.get("TemplateBody")
    if node is None:
        at = owner.properties.get("TemplateURL", owner.node)
        what = f"the template of the stack set {shown(owner.name)} is another file, which is not judged"
        return Embedded(unjudged=(NotUnderstood(at.named_at, what, "judge that file too"),))
    node = evaluation.followed(node)
    call = intrinsic(node)
    if call is None and isinstance(node.value, Mapping):
        return Embedded(node, _given(evaluation, owner, node))
    text = evaluation.text(node)
    raw = node if call is None else call[1]
    holder = raw.value[0] if isinstance(raw.value, tuple) and raw.value else raw
    source.budget.spend(1 + (node.place.line + len(text)) // 16, node.place)
    template = parsed_text(_parse_template, text, holder, source.symbols.lines)
    if not isinstance(template.value, Mapping):
        raise refusal(holder.place, "is no template")
    return Embedded(template, _given(evaluation, owner, template))


def _parse_template(text: str, where: str) -> Node:
    """A template that is JSON or YAML. Raises InputError for what is neither."""
    if not text.lstrip().startswith("{"):
        return parse_yaml(text, where, any_key=True)
    try:
        return parse_json(text, where)
    except InputError as error:
        # CloudFormation reads a template in braces as YAML where it is no JSON.
        try:
            return parse_yaml(text, where, any_key=True)
        except InputError:
            raise error from None


def _given(evaluation: Evaluation, owner: Resource, template: Node) -> tuple[Given, ...]:
    """What the stack set gives each group of its instances. Nobody else is asked: a default is the value."""
    everywhere = dict(_parameters(evaluation, owner.properties.get("Parameters")))
    groups = owner.properties.get("StackInstancesGroup")
    found: dict[tuple[tuple[str, str | None], ...], None] = {}
    for group in evaluation.items(groups) if groups is not None else ():
        if not isinstance(group.value, Mapping) or intrinsic(group) is not None:
            raise refusal(group.place, "is no group of stack instances")
        found[tuple(_parameters(evaluation, group.value.get("ParameterOverrides")))] = None
    defaults = dict(_defaults(template))
    each = []
    for overridden in found or {(): None}:
        evaluation.source.budget.spend(1 + len(defaults), owner.node.place)
        values = {**defaults, **everywhere, **dict(overridden)}
        known = {name: value for name, value in values.items() if value is not None}
        each.append(Given(known, _label(evaluation, owner, overridden) if len(found) > 1 else ""))
    return tuple(each)


def _label(evaluation: Evaluation, owner: Resource, overridden: tuple[tuple[str, str | None], ...]) -> str:
    named = evaluation.source.symbols.named
    said = [f"{printable(name)} is {printable(named(value or 'not known'))}" for name, value in overridden]
    return " and ".join(said) or f"no parameter of {printable(owner.name)} is overridden"


def _defaults(template: Node) -> Iterator[tuple[str, str]]:
    sections = template.value if isinstance(template.value, Mapping) else {}
    declared = sections["Parameters"].value if "Parameters" in sections else {}
    for name, node in declared.items() if isinstance(declared, Mapping) else ():
        default = node.value.get("Default") if isinstance(node.value, Mapping) else None
        text = scalar(default) if default is not None else None
        if text is not None and "{{" not in text:
            yield name, text


def _parameters(evaluation: Evaluation, node: Node | None) -> Iterator[tuple[str, str | None]]:
    """(Name, value) of each parameter; None for a value that is no text."""
    for item in evaluation.items(node) if node is not None else ():
        fields = item.value if isinstance(item.value, Mapping) else {}
        if "ParameterKey" in fields and "ParameterValue" in fields:
            value = evaluation.value(fields["ParameterValue"])
            yield evaluation.text(fields["ParameterKey"]), _as_text(value)


def _as_text(value: object) -> str | None:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    return value if isinstance(value, str) else None

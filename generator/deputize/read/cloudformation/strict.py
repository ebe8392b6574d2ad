"""A CloudFormation template, YAML or JSON -> the role it creates, for given parameters. Parsed only, never deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from deputize.iam.role import IamRole
from deputize.model.display import shown
from deputize.read.cloudformation.strict_role import present_resources, role_of
from deputize.read.cloudformation.strict_values import PSEUDO_PARAMETERS, Resolver, references
from deputize.read.json_text import parse_json
from deputize.read.source import Node, items_of, mapping_of, only_keys, refusal, text_of
from deputize.read.yaml_text import parse_yaml

_SECTIONS = frozenset(
    {"AWSTemplateFormatVersion", "Conditions", "Description", "Metadata", "Outputs", "Parameters", "Resources", "Rules"}
)


@dataclass(frozen=True, slots=True)
class CloudFormationRole:
    """What a template creates and says.

    parameters: as chosen or by default. outputs: those that exist and are known before deployment.
    refused: why the template's Rules refuse this deployment; looked at only when `AWS::AccountId` was chosen.
    """

    role: IamRole
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    refused: tuple[str, ...]


def read_template(text: str, where: str, choices: Mapping[str, str] | None = None) -> IamRole:
    """The role that the template in `text` creates with the parameters in `choices`, the others at their defaults.

    Raises InputError naming `where` and the line of whatever is not understood: nothing is dropped.
    """
    return read_stack(text, where, choices).role


def read_stack(text: str, where: str, choices: Mapping[str, str] | None = None) -> CloudFormationRole:
    """The role with what else the template says. `choices` may hold pseudo parameters, as `AWS::AccountId`.

    Raises InputError as read_template does.
    """
    template = parse_json(text, where) if text.lstrip().startswith("{") else parse_yaml(text, where)
    sections = only_keys(template, _SECTIONS, "the template")
    chosen = dict(choices or {})
    parameters = _parameters(_section(sections, "Parameters"), chosen, where)
    pseudo = {name: value for name, value in chosen.items() if name in PSEUDO_PARAMETERS}
    resources = _section(sections, "Resources")
    _check_cycles(resources)
    resolver = Resolver({**parameters, **pseudo}, _section(sections, "Conditions"), frozenset(resources))
    return CloudFormationRole(
        role=role_of(tuple(present_resources(resources, resolver)), resolver, where),
        parameters=parameters,
        outputs=dict(_outputs(_section(sections, "Outputs"), resolver)),
        refused=tuple(_refused(_section(sections, "Rules"), resolver)) if "AWS::AccountId" in pseudo else (),
    )


def _section(sections: Mapping[str, Node], name: str) -> Mapping[str, Node]:
    return mapping_of(sections[name]) if name in sections else {}


def _parameters(declared: Mapping[str, Node], choices: Mapping[str, str], where: str) -> dict[str, str]:
    for name in choices:
        if name not in declared and name not in PSEUDO_PARAMETERS:
            raise refusal(where, f"has no parameter {shown(name)}")
    found = {}
    for name, node in declared.items():
        fields = mapping_of(node)
        kind = text_of(fields["Type"]) if "Type" in fields else "nothing"
        if kind != "String":
            what = f"parameter {shown(name)} has type {shown(kind)}, which deputize does not read"
            raise refusal(node.named_at, what)
        if name not in choices and "Default" not in fields:
            raise refusal(node.named_at, f"parameter {shown(name)} has no default", "give a value for it")
        found[name] = choices[name] if name in choices else text_of(fields["Default"])
    return found


def _check_cycles(resources: Mapping[str, Node]) -> None:
    graph = {name: {other for other in references(node) if other in resources} for name, node in resources.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        names = [str(name) for name in error.args[1]]
        cycle = " -> ".join(shown(name) for name in reversed(names))
        raise refusal(resources[names[-1]].named_at, f"resources depend on each other in a circle: {cycle}") from error


def _outputs(declared: Mapping[str, Node], resolver: Resolver) -> Iterator[tuple[str, str]]:
    for name, node in declared.items():
        fields = mapping_of(node)
        if "Value" not in fields:
            raise refusal(node.named_at, f"output {shown(name)} has no Value")
        if "Condition" in fields and not resolver.holds(text_of(fields["Condition"]), fields["Condition"]):
            continue
        value = resolver.value(fields["Value"])
        if isinstance(value, str):
            yield name, value


def _refused(rules: Mapping[str, Node], resolver: Resolver) -> Iterator[str]:
    for name, node in rules.items():
        fields = only_keys(node, frozenset({"Assertions", "RuleCondition"}), f"rule {shown(name)}")
        if "Assertions" not in fields:
            raise refusal(node.named_at, f"rule {shown(name)} has no Assertions")
        if "RuleCondition" in fields and not resolver.test(fields["RuleCondition"]):
            continue
        for assertion in items_of(fields["Assertions"]):
            parts = only_keys(assertion, frozenset({"Assert", "AssertDescription"}), f"rule {shown(name)}")
            if "Assert" not in parts:
                raise refusal(assertion.place, f"rule {shown(name)} asserts nothing")
            if not resolver.test(parts["Assert"]):
                yield text_of(parts["AssertDescription"]) if "AssertDescription" in parts else name

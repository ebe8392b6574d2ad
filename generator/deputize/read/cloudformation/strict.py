"""A template of our own, YAML or JSON -> the role that it creates, for given parameters. Parsed only, never deployed.

Everything is worked out by the reader of any template (template.py). This one asks for more: our own form (form.py),
and one role with one literal value for each of its texts (literal.py). What has none is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deputize.iam.role import IamRole
from deputize.model.display import shown
from deputize.read.cloudformation.evaluation import Evaluation
from deputize.read.cloudformation.form import SECTIONS, OwnForm
from deputize.read.cloudformation.literal import exists, literal_role
from deputize.read.cloudformation.resolver import Assumptions, branches
from deputize.read.cloudformation.sections import PSEUDO_PARAMETERS, Budget, SpentError
from deputize.read.cloudformation.template import read_found_template, source_of
from deputize.read.json_text import parse_json
from deputize.read.source import Node, items_of, mapping_of, only_keys, place_at, refusal, text_of
from deputize.read.symbols import ACCOUNT_ID, Symbols, foreign_mark, is_known
from deputize.read.yaml_text import parse_yaml


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
    sections = only_keys(template, SECTIONS, "the template")
    parameters = _parameters(_section(sections, "Parameters"), choices or {}, where)
    pseudo = {name: value for name, value in (choices or {}).items() if name in PSEUDO_PARAMETERS}
    known = {**parameters, **pseudo}
    _check_marks(text, known, where)
    _check_form(sections, known)
    # What the Rules refuse is told beside the role; here they keep nothing from being read.
    ruleless = template._replace(value={key: one for key, one in sections.items() if key != "Rules"})
    found = read_found_template(ruleless, text, known)
    source = source_of(template, "", known, Symbols(text, known.values()), Budget())

    def stack(assumptions: Assumptions) -> CloudFormationRole:
        evaluation = Evaluation(source, assumptions)
        role = literal_role(found, evaluation, where)
        refused = _refused(_section(sections, "Rules"), evaluation) if ACCOUNT_ID in pseudo else ()
        outputs = _outputs(_section(sections, "Outputs"), evaluation)
        return CloudFormationRole(role, parameters, dict(outputs), tuple(refused))

    try:
        first, *others = branches(stack, template.place)
    except SpentError as error:
        raise refusal(error.place, "comes to more than deputize works out", "split the file") from error
    if others:
        raise refusal(where, "depends on what is not known before it is deployed")
    return first


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


def _check_marks(text: str, known: Mapping[str, str], where: str) -> None:
    """Raise InputError for a character that would be taken for an unknown, and for a value that AWS would replace."""
    mark = foreign_mark(text)
    if mark is not None:
        raise refusal(place_at(text, mark, where), "has a private-use character", "remove it")
    for name, value in known.items():
        if foreign_mark(value) is not None:
            raise refusal(where, f"parameter {shown(name)} has a private-use character", "remove it")
        if "{{" in value:
            raise refusal(
                where, f"parameter {shown(name)} has a dynamic reference ({{{{...}}}})", "write the value out"
            )


def _check_form(sections: Mapping[str, Node], known: Mapping[str, str]) -> None:
    form = OwnForm(frozenset(known), frozenset(_section(sections, "Resources")))
    for node in _section(sections, "Conditions").values():
        form.check_condition(node)
    for name, node in _section(sections, "Resources").items():
        form.check_resource(name, node)
    for name, node in _section(sections, "Outputs").items():
        form.check_output(name, node)
    for name, node in _section(sections, "Rules").items() if ACCOUNT_ID in known else ():
        form.check_rule(name, node)


def _outputs(declared: Mapping[str, Node], evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    for name, node in declared.items():
        fields = mapping_of(node)
        if exists(fields, evaluation):
            value = evaluation.value(fields["Value"])
            if isinstance(value, str) and is_known(value):
                yield name, value


def _refused(rules: Mapping[str, Node], evaluation: Evaluation) -> Iterator[str]:
    for name, node in rules.items():
        fields = mapping_of(node)
        if "RuleCondition" in fields and not evaluation.test(fields["RuleCondition"]):
            continue
        for assertion in items_of(fields["Assertions"]):
            parts = mapping_of(assertion)
            if not evaluation.test(parts["Assert"]):
                yield text_of(parts["AssertDescription"]) if "AssertDescription" in parts else name

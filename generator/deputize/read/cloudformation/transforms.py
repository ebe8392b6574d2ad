"""What stands in a template and is not read: macros and loops that may change it, functions with a role each, users.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from deputize.model.display import shown
from deputize.model.world import NotUnderstood, Place
from deputize.read.cloudformation.attachments import POLICIES, ROLE
from deputize.read.cloudformation.generated import LOOP, makes_no_role
from deputize.read.cloudformation.sections import Resource
from deputize.read.source import Node, scalar

# AWS's own that leave an AWS::IAM::Role as it is written; what they add is not in the file.
_HARMLESS = frozenset(
    {
        "AWS::CodeDeployBlueGreen",
        "AWS::LanguageExtensions",
        "AWS::SecretsManager-2020-07-23",
        "AWS::SecretsManager-2024-09-16",
        "AWS::Serverless-2016-10-31",
        "AWS::ServiceCatalog",
    }
)
_FUNCTIONS = frozenset({"AWS::Serverless::Function", "AWS::Serverless::StateMachine"})
_OURS = {name.lower(): name for name in (ROLE, *POLICIES)}
# Who is no role: type -> what is said of it, with the properties that it is said for; without any, always.
_NO_ROLES = {
    "AWS::IAM::User": ("what {} may do is not judged", ("Policies", "ManagedPolicyArns")),
    "AWS::IAM::Group": ("what {} may do is not judged", ("Policies", "ManagedPolicyArns")),
    "AWS::IAM::UserPolicy": ("what {} allows is not judged", ()),
    "AWS::IAM::GroupPolicy": ("what {} allows is not judged", ()),
    "AWS::IAM::AccessKey": ("{} makes a key that does not expire, which is not judged", ()),
}
_INCLUDE = "AWS::Include"
_MEND = "judge the template that it comes to"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands in a template and is not read.

    weight: `refused`, what somebody else than the account's owner may fill with anything; `unjudged`, what may make or
    change a role; `note`, what makes none for a third party.
    """

    what: NotUnderstood
    weight: Literal["refused", "unjudged", "note"]


def transform_troubles(sections: Mapping[str, Node]) -> Iterator[Trouble]:
    """Each macro that the template as a whole goes through and that may change a role.

    AWS::Include brings in a text from S3, whoever owns it; any other macro is a function of the account that deploys.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros.html
    """
    node = sections.get("Transform")
    if node is not None:
        for one in node.value if isinstance(node.value, tuple) else (node,):
            name = _macro(one)
            if name not in _HARMLESS:
                yield _of_macro(name, one.place, f"the macro {shown(name)} may change every role")
    if "Fn::Transform" in sections:
        call = sections["Fn::Transform"]
        yield _of_macro(_macro(call), call.named_at, "Fn::Transform may add roles to the template")


def _macro(node: Node) -> str:
    """The name of a macro, written alone or with its parameters; where it says none, the one that may be anything."""
    name = node.value.get("Name") if isinstance(node.value, Mapping) else node
    return name.value if name is not None and isinstance(name.value, str) else _INCLUDE


def _of_macro(name: str, place: Place, what: str) -> Trouble:
    return Trouble(NotUnderstood(place, what, _MEND), "refused" if name == _INCLUDE else "unjudged")


def resource_troubles(resources: Iterable[Resource], sections: Mapping[str, Node]) -> Iterator[Trouble]:
    """What stands among the resources and may make or change a role."""
    for one in resources:
        kind = _OURS.get(one.type.strip().lower(), one.type)
        if kind != one.type:
            what = f"{shown(one.name)}: {shown(one.type)} is no type that CloudFormation knows"
            yield Trouble(NotUnderstood(one.node.named_at, what, f"write {kind}"), "refused")
        elif one.type in _NO_ROLES:
            yield from (Trouble(found, "note") for found in _no_role(one))
        elif one.type in _FUNCTIONS:
            yield from _function(one, _globals(sections, one.type))
        if one.name.startswith("Fn::") and not (one.name.startswith(LOOP) and makes_no_role(one.node)):
            kind = one.name if one.name == "Fn::Transform" else "Fn::ForEach"
            yield Trouble(NotUnderstood(one.node.named_at, f"{kind} may add roles to the template", _MEND), "refused")
        elif one.type.startswith("AWS::IAM::") and (found := _loop(one)) is not None:
            name, node = found
            what = f"{name.split('::Loop')[0]} may change {shown(one.name)}"
            yield Trouble(NotUnderstood(node.named_at, what, _MEND), "refused")
        elif one.type.endswith("::MODULE"):
            what = f"the module {shown(one.name)} has resources that are not in the file and not judged"
            yield Trouble(NotUnderstood(one.node.named_at, what, _MEND), "unjudged")


def _no_role(owner: Resource) -> Iterator[NotUnderstood]:
    said, properties = _NO_ROLES[owner.type]
    if not properties or owner.properties.keys() & set(properties):
        yield NotUnderstood(owner.node.named_at, said.format(f"{owner.type} {shown(owner.name)}"))


def _function(owner: Resource, everywhere: Mapping[str, Node]) -> Iterator[Trouble]:
    properties = {**everywhere, **owner.properties}
    if "Role" in properties:
        return
    trust = properties.get("AssumeRolePolicyDocument")
    what = f"{owner.type} {shown(owner.name)} makes a role of its own"
    if trust is not None:
        yield Trouble(
            NotUnderstood(trust.named_at, f"{what}, whose trust policy is not read", "write a role"), "refused"
        )
        return
    what = f"{what}, for the service alone, which is not read"
    if "Policies" in properties:
        more = NotUnderstood(owner.node.named_at, f"{what}; nor are the policies that it has", _MEND)
        yield Trouble(more, "unjudged")
        return
    yield Trouble(NotUnderstood(owner.node.named_at, what), "note")


def _globals(sections: Mapping[str, Node], kind: str) -> Mapping[str, Node]:
    """What the template says of every function of a type.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
    """
    found: Node | None = sections.get("Globals")
    for name in ("", kind.rpartition("::")[2]):
        fields = found.value if found is not None and isinstance(found.value, Mapping) else {}
        found = fields.get(name) if name else found
    return found.value if found is not None and isinstance(found.value, Mapping) else {}


def _loop(owner: Resource) -> tuple[str, Node] | None:
    """A macro or loop among a resource's own properties; further down, whoever reads the value meets it."""
    fields = owner.node.value if isinstance(owner.node.value, Mapping) else {}
    for entries in (fields, owner.properties):
        for name, node in entries.items():
            if name.startswith(("Fn::Transform", "Fn::ForEach")):
                return name, node
    return None


def made_by(function: str, argument: Node, item: Node) -> NotUnderstood:
    """That a policy of a list is what a function makes of it: a macro, where that is Fn::Transform."""
    fields = argument.value if isinstance(argument.value, Mapping) else {}
    name = scalar(fields["Name"]) if function == "Fn::Transform" and "Name" in fields else None
    by = function if name is None else f"{function}, the macro {shown(name)},"
    return NotUnderstood(item.place, f"{by} makes a policy: what it allows is not known", _MEND)

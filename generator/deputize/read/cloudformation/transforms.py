"""What stands in a template and is not read: macros and loops that may change it, functions with a role each, users.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from deputize.model.display import shown
from deputize.model.world import NotUnderstood
from deputize.read.cloudformation.attachments import POLICIES, ROLE
from deputize.read.cloudformation.generated import LOOP, makes_no_role
from deputize.read.cloudformation.sections import Resource
from deputize.read.source import Node

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
_MEND = "judge the template that it comes to"


def transform_troubles(sections: Mapping[str, Node]) -> Iterator[NotUnderstood]:
    """Each macro that the template as a whole goes through and that may change a role."""
    node = sections.get("Transform")
    if node is not None:
        for one in node.value if isinstance(node.value, tuple) else (node,):
            name = one.value if isinstance(one.value, str) else "AWS::Include"
            if name not in _HARMLESS:
                yield NotUnderstood(one.place, f"the macro {shown(name)} may change every role", _MEND)
    if "Fn::Transform" in sections:
        yield NotUnderstood(sections["Fn::Transform"].named_at, "Fn::Transform may add roles to the template", _MEND)


def resource_troubles(
    resources: Iterable[Resource], sections: Mapping[str, Node]
) -> Iterator[tuple[NotUnderstood, bool]]:
    """(What stands among the resources and may make or change a role, whether that is an error)."""
    for one in resources:
        kind = _OURS.get(one.type.strip().lower(), one.type)
        if kind != one.type:
            what = f"{shown(one.name)}: {shown(one.type)} is no type that CloudFormation knows"
            yield NotUnderstood(one.node.named_at, what, f"write {kind}"), True
        elif one.type in _NO_ROLES:
            yield from ((found, False) for found in _no_role(one))
        elif one.type in _FUNCTIONS:
            yield from _function(one, _globals(sections, one.type))
        if one.name.startswith("Fn::") and not (one.name.startswith(LOOP) and makes_no_role(one.node)):
            kind = one.name if one.name == "Fn::Transform" else "Fn::ForEach"
            yield NotUnderstood(one.node.named_at, f"{kind} may add roles to the template", _MEND), True
        elif one.type.startswith("AWS::IAM::") and (found := _loop(one)) is not None:
            name, node = found
            yield NotUnderstood(node.named_at, f"{name.split('::Loop')[0]} may change {shown(one.name)}", _MEND), True
        elif one.type.endswith("::MODULE"):
            what = f"the module {shown(one.name)} has resources that are not in the file and not judged"
            yield NotUnderstood(one.node.named_at, what, _MEND), False


def _no_role(owner: Resource) -> Iterator[NotUnderstood]:
    said, properties = _NO_ROLES[owner.type]
    if not properties or owner.properties.keys() & set(properties):
        yield NotUnderstood(owner.node.named_at, said.format(f"{owner.type} {shown(owner.name)}"))


def _function(owner: Resource, everywhere: Mapping[str, Node]) -> Iterator[tuple[NotUnderstood, bool]]:
    properties = {**everywhere, **owner.properties}
    if "Role" in properties:
        return
    trust = properties.get("AssumeRolePolicyDocument")
    what = f"{owner.type} {shown(owner.name)} makes a role of its own"
    if trust is not None:
        yield NotUnderstood(trust.named_at, f"{what}, whose trust policy is not read", "write a role"), True
        return
    more = "; nor are the policies that it has" if "Policies" in properties else ""
    yield NotUnderstood(owner.node.named_at, f"{what}, for the service alone, which is not read{more}"), False


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

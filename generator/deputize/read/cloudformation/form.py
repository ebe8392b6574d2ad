"""The form that a template of our own has: its sections, resources, properties, functions, and texts in quotes.

It is looked for in the tree as it stands, before anything is worked out, so each fault is refused at its own place,
whatever the conditions say. A template in this form has no value that only a deployment tells, but for the names of its
own resources where it attaches one to the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from deputize.model.display import shown
from deputize.read.cloudformation.attachments import MANAGED, POLICY, ROLE, ROLE_POLICY
from deputize.read.cloudformation.sections import PSEUDO_PARAMETERS, intrinsic, is_no_value, mentioned
from deputize.read.source import Node, items_of, mapping_of, only_keys, refusal, text_of

SECTIONS = frozenset(
    {"AWSTemplateFormatVersion", "Conditions", "Description", "Metadata", "Outputs", "Parameters", "Resources", "Rules"}
)
_RESOURCE = frozenset(
    {"Condition", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type", "UpdateReplacePolicy"}
)
_PROPERTIES = {
    ROLE: frozenset(
        {
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
            "Tags",
        }
    ),
    MANAGED: frozenset({"Description", "ManagedPolicyName", "Path", "PolicyDocument", "Roles"}),
    POLICY: frozenset({"PolicyDocument", "PolicyName", "Roles"}),
    ROLE_POLICY: frozenset({"PolicyDocument", "PolicyName", "RoleName"}),
}
_ATTACHING = frozenset({(ROLE, "ManagedPolicyArns"), (MANAGED, "Roles"), (POLICY, "Roles"), (ROLE_POLICY, "RoleName")})
_VALUES = frozenset({"Ref", "Fn::GetAtt", "Fn::If", "Fn::Join", "Fn::Sub"})
_TESTS = _VALUES | {"Condition", "Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"}


@dataclass(frozen=True, slots=True)
class OwnForm:
    """known: the names whose values are given. resources: the names of the template's own."""

    known: frozenset[str]
    resources: frozenset[str]

    def check_resource(self, name: str, node: Node) -> None:
        """Raise InputError for a resource with a type, key, property or value that deputize does not read."""
        fields = only_keys(node, _RESOURCE, f"resource {shown(name)}")
        kind = text_of(fields["Type"]) if "Type" in fields else "nothing"
        if kind not in _PROPERTIES:
            raise refusal(node.named_at, f"resource {shown(name)} has type {shown(kind)}, which deputize does not read")
        if "Condition" in fields:
            text_of(fields["Condition"])
        if "Properties" not in fields:
            return
        for key, value in only_keys(fields["Properties"], _PROPERTIES[kind], f"{kind} {shown(name)}").items():
            self.check_value(value, attaches=(kind, key) in _ATTACHING, is_number=key == "MaxSessionDuration")

    def check_output(self, name: str, node: Node) -> None:
        """Raise InputError for an output without a value, or with one that deputize does not read."""
        fields = mapping_of(node)
        if "Value" not in fields:
            raise refusal(node.named_at, f"output {shown(name)} has no Value")
        self.check_value(fields["Value"], attaches=True)

    def check_rule(self, name: str, node: Node) -> None:
        """Raise InputError for a rule that asserts nothing, or something that deputize does not read."""
        owner = f"rule {shown(name)}"
        fields = only_keys(node, frozenset({"Assertions", "RuleCondition"}), owner)
        if "Assertions" not in fields:
            raise refusal(node.named_at, f"{owner} has no Assertions")
        if "RuleCondition" in fields:
            self.check_condition(fields["RuleCondition"])
        for assertion in items_of(fields["Assertions"]):
            parts = only_keys(assertion, frozenset({"Assert", "AssertDescription"}), owner)
            if "Assert" not in parts:
                raise refusal(assertion.place, f"{owner} asserts nothing")
            self.check_condition(parts["Assert"])

    def check_condition(self, node: Node) -> None:
        """Raise InputError for a condition with a function or value that deputize does not read."""
        self._check(node, _TESTS, attaches=False, is_number=False)

    def check_value(self, node: Node, *, attaches: bool = False, is_number: bool = False) -> None:
        """Raise InputError for a value that deputize does not read.

        attaches: whether it may be a resource of the template. is_number: whether it may stand without quotes.
        """
        self._check(node, _VALUES, attaches=attaches, is_number=is_number)

    def _check(self, root: Node, functions: frozenset[str], *, attaches: bool, is_number: bool) -> None:
        waiting = [(root, attaches)]
        while waiting:
            node, may_attach = waiting.pop()
            if isinstance(node.value, str) and not node.tag:  # most nodes
                _check_text(node, is_number=is_number)
                continue
            call = intrinsic(node)
            if call is not None:
                function, argument = call
                if function not in functions:
                    raise refusal(node.place, f"uses {shown(function)}, which deputize does not read")
                self._check_names(function, argument, node, attaches=may_attach)
                _check_arguments(function, argument)
                node, may_attach = argument, may_attach and function == "Fn::If"
            if isinstance(node.value, str):
                _check_text(node, is_number=is_number)
            else:
                inner = node.value if isinstance(node.value, tuple) else tuple(node.value.values())
                waiting += [(one, may_attach) for one in reversed(inner)]

    def _check_names(self, function: str, argument: Node, node: Node, *, attaches: bool) -> None:
        """Raise InputError for a name whose value only a deployment tells."""
        for name in mentioned(function, argument):
            resource = name.partition(".")[0]
            if name in PSEUDO_PARAMETERS and name not in self.known:
                raise refusal(node.place, f"{name} is not known here", f"give a value for {name}")
            if resource not in self.resources or (resource in self.known and function != "Fn::GetAtt"):
                continue  # a parameter; or nothing of that name, which is refused where it is looked up
            if function == "Fn::Sub" or not attaches:
                raise refusal(node.place, f"what {shown(name)} gives is not known before it is deployed")


def _check_arguments(function: str, argument: Node) -> None:
    """Raise InputError where a condition compares what is no text, or a delimiter has to be worked out."""
    parts = argument.value if isinstance(argument.value, tuple) else ()
    for node in parts if function == "Fn::Equals" else parts[:1] if function == "Fn::Join" else ():
        call = intrinsic(node)
        if call is None and isinstance(node.value, str):
            continue
        if function == "Fn::Join" or call is None or call[0] == "Fn::If" or is_no_value(node):
            raise refusal(node.place, "text is needed here")


def _check_text(node: Node, *, is_number: bool) -> None:
    text = node.value if is_number else text_of(node)
    if "{{" in text:
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
        raise refusal(node.place, "has a dynamic reference ({{...}}): it would put the customer's secret in its place")

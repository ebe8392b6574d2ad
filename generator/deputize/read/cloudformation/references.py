"""What Ref and Fn::GetAtt give: parameters, pseudo parameters, resources of the same template.

A role, user or policy of the template is in the account of the stack, so its ARN is known but for the names in it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from deputize.model.display import shown
from deputize.model.world import Origin, Place
from deputize.read.cloudformation.calls import PSEUDO_PARAMETERS
from deputize.read.source import Node, refusal
from deputize.read.symbols import ACCOUNT_ID, Symbol, sole_mark

if TYPE_CHECKING:
    from deputize.read.cloudformation.scope import Scope, Source

_NO_VALUE = "AWS::NoValue"
# type -> (attribute that is its ARN, what an ARN says of it); an empty attribute is what Ref gives.
_ARNS = {
    "AWS::IAM::Role": ("Arn", "role/"),
    "AWS::IAM::User": ("Arn", "user/"),
    "AWS::IAM::ManagedPolicy": ("PolicyArn", "policy/"),
    "AWS::IAM::OIDCProvider": ("Arn", "oidc-provider/"),
    "AWS::IAM::SAMLProvider": ("Arn", "saml-provider/"),
}
_ARN_BY_REF = frozenset({"AWS::IAM::ManagedPolicy", "AWS::IAM::OIDCProvider", "AWS::IAM::SAMLProvider"})


def reference_to(scope: Scope, name: str, place: Place) -> object:
    """What `Ref` of `name` gives. Raises InputError when there is nothing of that name."""
    source = scope.source
    if name in source.parameters:
        value = source.parameters[name]
        return scope.known(value) if isinstance(value, str) else value
    if name == _NO_VALUE:
        return scope.no_value
    if name in PSEUDO_PARAMETERS:
        return scope.known(pseudo(source, name))
    if name not in source.resources:
        raise refusal(place, f"there is no parameter or resource {shown(name)}")
    kind = type_of(source.resources[name])
    return arn_of(source, name, kind) if kind in _ARN_BY_REF else resource_mark(source, name, "")


def attribute_of(scope: Scope, resource: str, attribute: str, place: Place) -> object:
    """What `Fn::GetAtt` gives. Raises InputError when there is no such resource."""
    source = scope.source
    if resource not in source.resources:
        raise refusal(place, f"there is no resource {shown(resource)}")
    kind = type_of(source.resources[resource])
    if _ARNS.get(kind, ("", ""))[0] == attribute:
        return arn_of(source, resource, kind)
    return resource_mark(source, resource, attribute)


def arn_of(source: Source, name: str, kind: str) -> str:
    """The ARN of an IAM resource of the template, its name unknown."""
    begin = f"arn:{pseudo(source, 'AWS::Partition')}:iam::{pseudo(source, ACCOUNT_ID)}:{_ARNS[kind][1]}"
    end = ".example.com" if kind == "AWS::IAM::OIDCProvider" else ""
    return begin + resource_mark(source, name, "") + end


def resource_mark(source: Source, name: str, attribute: str) -> str:
    """The unknown that a resource is known by, or one of its attributes."""
    said = f"{name}.{attribute}" if attribute else name
    symbol = Symbol(said, Origin.RESOURCE, source.resources[name].named_at)
    return source.symbols.mark((Origin.RESOURCE, source.name, said), symbol)


def pseudo(source: Source, name: str) -> str:
    """A pseudo parameter: the caller's text, or an unknown."""
    if name in source.pseudo:
        return source.pseudo[name]
    symbol = Symbol(name, Origin.PSEUDO, source.place)
    return source.symbols.mark((Origin.PSEUDO, source.name, name), symbol)


def reserve_own_account(source: Source) -> None:
    """Give the account of the stack the first stand-in, whatever the template asks about first."""
    own = pseudo(source, ACCOUNT_ID)
    if sole_mark(own) is not None:
        source.symbols.digits(own)


def type_of(resource: Node) -> str:
    """The type that a resource says it has; empty when it says none."""
    kind = resource.value.get("Type") if isinstance(resource.value, Mapping) else None
    return kind.value if kind is not None and isinstance(kind.value, str) else ""

"""A CloudFormation template of any origin -> every role and policy in it, in every branch, nothing dropped silently.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from deputize.errors import InputError
from deputize.model.display import shown
from deputize.model.world import FoundPolicy, FoundRole, NotUnderstood, Place
from deputize.read.cloudformation.all_at_once import parts_of
from deputize.read.cloudformation.attachments import ROLE, Attachments, circles
from deputize.read.cloudformation.embedded import STACK_SET, STACKS, Given, embedded, nested
from deputize.read.cloudformation.generated import generated_resources
from deputize.read.cloudformation.parameters import parameter_values
from deputize.read.cloudformation.resolver import Assumptions, ImpossibleError, TooManyBranchesError, branches
from deputize.read.cloudformation.role import Branch, RoleRun, with_stand_ins
from deputize.read.cloudformation.rules import refused_by_rules
from deputize.read.cloudformation.sections import (
    PSEUDO_PARAMETERS,
    Budget,
    Resource,
    Source,
    SpentError,
    own_account,
    reserve_own_account,
    resource_at,
)
from deputize.read.cloudformation.transforms import Trouble, resource_troubles, transform_troubles
from deputize.read.found import FoundFile, not_understood
from deputize.read.recognise import TEMPLATE
from deputize.read.source import Node, refusal
from deputize.read.symbols import Symbols

_MAX_NESTING = 4  # templates in templates
_RUN = 10  # steps that a run costs whatever is in it


@dataclass(slots=True)
class _Found:
    symbols: Symbols
    budget: Budget = field(default_factory=Budget)
    roles: list[FoundRole] = field(default_factory=list)
    policies: list[FoundPolicy] = field(default_factory=list)
    refused: dict[NotUnderstood, None] = field(default_factory=dict)
    unjudged: dict[NotUnderstood, None] = field(default_factory=dict)
    notes: dict[NotUnderstood, None] = field(default_factory=dict)
    embedded: dict[Place, Node] = field(default_factory=dict)

    def add(self, trouble: Trouble) -> None:
        """Keep what stands in the template and is not read, by its weight."""
        kept = {"refused": self.refused, "unjudged": self.unjudged, "note": self.notes}[trouble.weight]
        kept[trouble.what] = None

    never: dict[Place, NotUnderstood] = field(default_factory=dict)  # roles that no branch so far creates


def read_found_template(node: Node, text: str, choices: Mapping[str, str]) -> FoundFile:
    """Everything in the template at `node`, parsed from `text`. choices: parameters and pseudo parameters.

    Never raises for what the template says: what is not understood is in `refused`.
    """
    found = _Found(Symbols(text, choices.values()))
    is_spent = False
    try:
        _read(node, "", choices, found)
    except SpentError as error:
        is_spent = True
        what = "comes to more than deputize works out: from here on nothing is read"
        found.refused[NotUnderstood(error.place, what, "split the file")] = None
    created = {role.place for role in found.roles}
    found.notes.update({note: None for place, note in found.never.items() if place not in created})
    refused = sorted(found.refused, key=lambda one: (one.place.line, one.place.column))
    return FoundFile(
        TEMPLATE,
        tuple(with_stand_ins(one, found.symbols) for one in found.roles),
        tuple(found.policies),
        tuple(refused),
        tuple(found.unjudged),
        tuple(found.notes),
        is_spent=is_spent,
        embedded=tuple(found.embedded.values()),
    )


def _read(node: Node, name: str, choices: Mapping[str, str], found: _Found) -> None:
    sections = node.value if isinstance(node.value, Mapping) else {}
    try:
        source = source_of(node, name, choices, found.symbols, found.budget)
    except InputError as error:
        found.refused[not_understood(error, node.place)] = None
        return
    reserve_own_account(source)
    if not name and "Resources" not in sections:
        found.refused[NotUnderstood(node.place, "has no Resources: CloudFormation takes no such template")] = None
    resources = [resource_at(key, one) for key, one in source.resources.items()]
    for trouble in (*transform_troubles(sections), *resource_troubles(resources, sections)):
        found.add(trouble)
    found.refused.update(dict.fromkeys(circles(resources)))
    _roles(source, resources, found)
    for one in resources:
        if one.type in STACKS:
            found.unjudged[nested(one)] = None
        elif one.type == STACK_SET:
            _stack_set(source, one, found)


def source_of(node: Node, name: str, choices: Mapping[str, str], symbols: Symbols, budget: Budget) -> Source:
    """The sections of the template at `node`. Raises InputError for one that is no mapping."""
    sections = node.value if isinstance(node.value, Mapping) else {}
    resources = _section(sections, "Resources")
    return Source(
        name=name,
        parameters=parameter_values(_section(sections, "Parameters"), choices, symbols),
        pseudo={key: value for key, value in choices.items() if key in PSEUDO_PARAMETERS},
        conditions=_section(sections, "Conditions"),
        mappings=_section(sections, "Mappings"),
        resources=resources,
        symbols=symbols,
        budget=budget,
        place=node.place,
        generated=generated_resources(sections, resources),
        rules=_section(sections, "Rules"),
    )


def _section(sections: Mapping[str, Node], name: str) -> Mapping[str, Node]:
    node = sections.get(name)
    if node is None or node.value == "":
        return {}
    if not isinstance(node.value, Mapping):
        raise refusal(node.named_at, f"{name} is no mapping")
    return node.value


def _roles(source: Source, resources: list[Resource], found: _Found) -> None:
    attachments = Attachments(source, resources)
    used: set[str] = set()
    for one in resources:
        if one.type != ROLE:
            continue
        own = attachments.candidates(one)
        read = _role(source, one, own, found)
        used.update(*(branch.used for branch in read))
        if not any(branch.roles or branch.refused for branch in read):
            why = "its condition is false" if read or not source.rules else "the rules refuse every way to deploy it"
            what = f"role {shown(one.name)} is never created, and not judged: {why}"
            found.never[one.node.named_at] = NotUnderstood(one.node.named_at, what)
        found.roles += _distinct(role for branch in read for role in branch.roles)
    for one in attachments.policies.values():
        if one.name not in used or not attachments.is_settled(one.name):
            is_used = one.name in used
            alone = _branches(
                source,
                one,
                lambda run, used=is_used: run.policy(attachments, used=used),  # type: ignore[misc]
                found,
            )
            found.policies += _alike([policy for branch in alone for policy in branch.policies], found.policies)


def _role(source: Source, owner: Resource, own: tuple[Resource, ...], found: _Found) -> list[Branch]:
    """The role branch by branch; where there are too many, with all that it has in any of them."""
    refused = dict(found.refused)
    try:
        return list(_told(source, owner, lambda run: run.role(own), found))
    except TooManyBranchesError as error:
        found.refused = refused
        limit, parts = not_understood(error, owner.node.named_at), parts_of(source, owner, own)
        return list(_branches(source, owner, lambda run: run.with_parts(parts, own, limit), found))
    except InputError as error:
        found.refused[not_understood(error, owner.node.named_at)] = None
        return []


def _alike(policies: list[FoundPolicy], known: list[FoundPolicy]) -> list[FoundPolicy]:
    """One policy in every branch that is not `known`: where a role may have it in one, it may in all."""
    unknown = any(one.role_unknown for one in policies)
    found: list[FoundPolicy] = []
    for one in policies:
        policy = replace(one, role_unknown=unknown)
        if policy not in found and policy not in known:
            found.append(policy)
    return found


def _distinct(roles: Iterable[FoundRole]) -> list[FoundRole]:
    """Those that differ in more than the branch; one alone is named by none."""
    seen: list[FoundRole] = []
    found: list[FoundRole] = []
    for role in roles:
        unnamed = replace(role, branch="") if role.branch else role
        if unnamed not in seen:
            seen.append(unnamed)
            found.append(role)
    return seen if len(seen) == 1 else found


def _branches(source: Source, owner: Resource, read: Callable[[RoleRun], Branch], found: _Found) -> Iterator[Branch]:
    try:
        yield from _told(source, owner, read, found)
    except InputError as error:
        found.refused[not_understood(error, owner.node.named_at)] = None


def _told(source: Source, owner: Resource, read: Callable[[RoleRun], Branch], found: _Found) -> Iterator[Branch]:
    for branch in branches(lambda assumptions: _run(source, owner, read, assumptions), owner.node.named_at):
        found.refused.update(dict.fromkeys(branch.refused))
        yield branch


def _run(source: Source, owner: Resource, read: Callable[[RoleRun], Branch], assumptions: Assumptions) -> Branch:
    source.budget.spend(_RUN, owner.node.named_at)
    run = RoleRun(source, owner, assumptions)
    found = read(run)
    if source.rules and refused_by_rules(run.evaluation, source.rules):
        raise ImpossibleError
    return found


def _stack_set(source: Source, owner: Resource, found: _Found) -> None:
    if source.name.count("/") == _MAX_NESTING:
        place = owner.node.named_at
        found.refused[NotUnderstood(place, f"has templates in templates, more than {_MAX_NESTING} deep")] = None
        return
    try:
        for inner in branches(lambda assumptions: embedded(source, owner, assumptions), owner.node.named_at):
            found.refused.update(dict.fromkeys(inner.refused))
            found.unjudged.update(dict.fromkeys(inner.unjudged))
            name = f"{source.name}/{owner.name}" if source.name else owner.name
            for given in inner.given:
                _instances(inner.template, name, given, source, found)
    except InputError as error:
        found.refused[not_understood(error, owner.node.named_at)] = None


def _instances(template: Node | None, name: str, given: Given, source: Source, found: _Found) -> None:
    """The template in a stack set of `source`, for a group of its instances."""
    if template is None:
        return
    found.budget.spend(_RUN, template.place)
    found.embedded.setdefault(template.place, template)
    before = len(found.roles)
    _read(template, name, given.parameters, found)
    labels = [" and ".join(filter(None, (given.label, one.branch))) for one in found.roles[before:]]
    deployer = own_account(source)
    found.roles[before:] = [
        replace(one, branch=label, deployed_from=(*one.deployed_from, deployer))
        for one, label in zip(found.roles[before:], labels, strict=True)
    ]

"""One file's roles and policies as a world: with who of its roles may assume whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deputize.iam.grammar import read_policy
from deputize.iam.trust.callers import parse_caller
from deputize.iam.trust.statements import allows_assume_role
from deputize.model.world import Edge, FoundRole, World
from deputize.read.found import FoundFile
from deputize.read.recognise import TEMPLATE, TRUST


def world_of(file: FoundFile) -> World:
    """The world that a file came to. What could not be read of it stands in the file."""
    return World(
        file.roles,
        file.policies,
        tuple(dict.fromkeys(_edges(file.roles))),
        is_lone_trust=file.kind == TRUST,
        has_lone_policies=file.kind != TEMPLATE,
    )


def _edges(roles: Sequence[FoundRole]) -> Iterator[Edge]:
    """An edge for each role that another one's trust policy names by its ARN in the same account."""
    names = {(one.own_account, one.role_name.value): one.name for one in roles if one.role_name is not None}
    for role in roles:
        policy = read_policy(role.trust.value if role.trust is not None else {}, "trust")
        for statement in policy.statements:
            for principal in statement.principals if allows_assume_role(statement) else ():
                caller = parse_caller(principal.text)
                known = None if caller is None else names.get((caller.account, caller.name))
                if caller is not None and caller.kind == "role" and known is not None:
                    yield Edge(known, role.name)

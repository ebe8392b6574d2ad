"""One file's roles and policies, or a role of another source, as a world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deputize.iam.arn import RoleArn
from deputize.iam.role import IamRole
from deputize.model.world import Document, FoundPolicy, FoundRole, Place, Text, World
from deputize.read.found import FoundFile
from deputize.read.recognise import TEMPLATE, TRUST


def world_of(file: FoundFile) -> World:
    """The world that a file came to. What could not be read of it stands in the file."""
    return World(
        file.roles,
        file.policies,
        is_lone_trust=file.kind == TRUST,
        has_lone_policies=file.kind != TEMPLATE,
    )


def made_role(made: IamRole, where: str, *, own_account: str | None = None, partition: str | None = None) -> FoundRole:
    """A role that a format creates, or IAM has, as one of a world; everything in it stands at the head of `where`."""
    place = Place(where, 1, 1)

    def text(value: str) -> Text:
        return Text(value, place)

    return FoundRole(
        name=made.name,
        place=place,
        trust=Document(made.trust.to_json(), {(): place}),
        policies=tuple(
            FoundPolicy(one.name, Document(one.document.to_json(), {(): place}), made.delivery) for one in made.policies
        ),
        managed=tuple(map(text, made.managed_arns)),
        boundary=None if made.boundary is None else text(made.boundary),
        max_session=made.max_session,
        own_account=own_account,
        partition=partition,
        role_name=text(made.name),
        path=text(made.path),
        description=text(made.description),
        tags=tuple((text(key), text(value)) for key, value in made.tags),
    )


def raw_role(
    arn: RoleArn,
    trust: object,
    documents: Mapping[str, object],
    managed: Iterable[str] = (),
    boundary: str | None = None,
) -> FoundRole:
    """A role of which IAM's API gave the policies, as one of a world.

    trust: the trust policy, as parsed JSON or as text; None where it could not be read. documents: access policies by a
    name for people. managed: ARNs of AWS managed policies whose text is not there.
    """
    place = Place(str(arn), 1, 1)
    return FoundRole(
        name=arn.name,
        place=place,
        trust=None if trust is None else Document(trust, {(): place}),
        policies=tuple(FoundPolicy(name, Document(one, {(): place}), "inline") for name, one in documents.items()),
        managed=tuple(Text(one, place) for one in managed),
        boundary=None if boundary is None else Text(boundary, place),
        own_account=arn.account_id,
        partition=arn.partition,
        arns=(str(arn),),
    )

"""Assuming a tenant's role with what the registry knows: a command inside it, or a session for a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from deputize import tools
from deputize.aws.refreshing import BotoSession, refreshing
from deputize.aws.verify import endpoint_of
from deputize.errors import DiffersError, InputError, Problem, ProvedWrongError, UsageError
from deputize.iam.arn import RoleArn, parse_role_arn
from deputize.jobs.aws_session import aws_session
from deputize.jobs.user_registry import UserRegistry
from deputize.model.aws_options import AwsOptions
from deputize.model.role_session import IN_USE
from deputize.registry import Grant, State, find, in_the_future, open_registry
from deputize.registry.values import MAX_AGE, now

_AWS: Final = "aws"
_KEPT_BACK: Final = ("AWS_", "DEPUTIZE_")  # how names begin that the command does not inherit
_PROGRAM: Final = "library"  # whom the registry's log would name


def run_inside(
    tenant: str,
    command: Sequence[str],
    *,
    registry: UserRegistry,
    aws: AwsOptions,
    environ: Mapping[str, str],
    account_id: str | None = None,
    max_age: timedelta = MAX_AGE,
) -> int:
    """Run a command inside a tenant's role; returns its exit code.

    command: program and arguments, no shell. environ: what it inherits, without any AWS_*, and without deputize's own
    settings: the registry's URL may hold a password. Raises as `usable`, ServiceError when the role cannot be assumed
    or the command cannot be started.
    """
    if not command:
        raise UsageError(Problem("COMMAND", "is missing", "write it after --"))
    own = aws_session(aws)
    with registry.open() as opened:
        grant = find(opened, tenant, account_id)
    endpoint = endpoint_of(own)
    role = usable(grant, endpoint, max_age)
    key = own.call("sts", "assume_role", **IN_USE.parameters(str(role), grant.external_id))["Credentials"]
    given = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_SESSION_TOKEN": key["SessionToken"],
        "AWS_CREDENTIAL_EXPIRATION": key["Expiration"].astimezone(UTC).isoformat(timespec="seconds"),
        "AWS_REGION": own.region,
        "AWS_DEFAULT_REGION": own.region,
        **({} if endpoint == _AWS else {"AWS_ENDPOINT_URL": endpoint}),
    }
    inherited = {name: value for name, value in environ.items() if not name.upper().startswith(_KEPT_BACK)}
    return tools.run(command, {**inherited, **given})


def tenant_session(
    tenant: str,
    *,
    registry: str,
    account_id: str | None = None,
    max_age: timedelta = MAX_AGE,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
) -> BotoSession:
    """A boto3 Session inside a tenant's verified role, with the ID that the registry issued, renewed before it expires.

    registry: its path or URL. max_age: of the last safe verdict. It is not renewed once the grant is suspended or
    retired, has another role or ID, or its verdict is too old. Raises as `usable`, ServiceError when the role cannot be
    assumed; a later renewal raises the same.
    """
    own = aws_session(AwsOptions(profile, region, endpoint_url))
    endpoint = endpoint_of(own)
    grant, role = _look(registry, tenant, account_id, endpoint, max_age)

    def may_refresh() -> None:
        current, its_role = _look(registry, grant.tenant, grant.account_id, endpoint, max_age)
        if (current.id, its_role, current.external_id) != (grant.id, role, grant.external_id):
            raise DiffersError(Problem(str(grant), "has another role or ID now", "make a new session"))

    return refreshing(own, role, grant.external_id, wanted=IN_USE, may_refresh=may_refresh)


def usable(grant: Grant, endpoint: str, max_age: timedelta) -> RoleArn:
    """The grant's role, if it was verified at that endpoint and not too long ago.

    Raises ProvedWrongError for one that was suspended, DiffersError for a verdict that is too old, from elsewhere, or
    of probes alone and accepted no longer, InputError for a grant that never had one.
    """
    where = str(grant)
    arn = parse_role_arn(grant.role_arn or "")
    if grant.state is State.SUSPENDED:
        raise ProvedWrongError(Problem(where, "is suspended: its role let a wrong caller in", "verify it again"))
    if grant.state is not State.VERIFIED or arn is None or grant.verified_at is None:
        raise InputError(Problem(where, f"is {grant.state}", "`deputize tenants register` its role first"))
    if grant.endpoint != endpoint:
        what = f"was verified at {grant.endpoint} and is usable only there, not at {endpoint}"
        raise DiffersError(Problem(where, what, "verify it here"))
    _refuse_old(grant, arn, datetime.fromisoformat(grant.verified_at), max_age)
    return arn


def _refuse_old(grant: Grant, arn: RoleArn, verified: datetime, max_age: timedelta) -> None:
    where = str(grant)
    again = f"`deputize tenants verify {grant.tenant} --account-id {arn.account_id}`"
    if in_the_future(verified):
        what = f"was last verified at {grant.verified_at}, which lies ahead: a clock was wrong, or is now"
        raise DiffersError(Problem(where, what, f"check this machine's clock, then verify again: {again}"))
    if grant.on_probes and not grant.accepts(now()):
        what = f"rests on probes alone, which were accepted until {grant.accepted_until}"
        anew = f"`deputize tenants register {grant.tenant} {arn} --accept-probes-only REASON`"
        raise DiffersError(Problem(where, what, f"have the role let itself be read and verify it, or {anew}"))
    if datetime.now(UTC) - verified > max_age:
        what = f"was last verified at {grant.verified_at}, which is too long ago"
        raise DiffersError(Problem(where, what, f"{again}, or a longer --max-age"))


def _look(
    location: str, tenant: str, account_id: str | None, endpoint: str, max_age: timedelta
) -> tuple[Grant, RoleArn]:
    with open_registry(location, who=_PROGRAM) as opened:
        grant = find(opened, tenant, account_id)
    return grant, usable(grant, endpoint, max_age)

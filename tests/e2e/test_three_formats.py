"""One tenant through CloudFormation, Terraform and JSON, each into an account of its own: IAM returns the same role.

Every format is compared with the model, so all are equal to each other. One field has a second engine: the embedded
AWS drops a PermissionsBoundary that comes through CloudFormation, so that one is looked at on moto.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from deputize import Tenant, Vendor, render
from deputize.aws.assume import assume
from deputize.aws.client import Credentials, Refusal, Session
from deputize.aws.embedded import EmbeddedAws
from deputize.iam.arn import parse_role_arn
from deputize.iam.role import IamRole
from deputize.model.aws_options import AwsOptions
from deputize.model.profiles import AccessStatement
from deputize.model.role import build
from deputize.model.slots import slots_of
from deputize.model.spec import AccessSpec, RoleSpec, SessionSpec, VendorAccount
from deputize.model.text import english
from deputize.read import normal_form

RIGHT, NEXT, OTHER_CASE = "Acme-7d4c0b9e2f7a4f0e", "Acme-next-9f570a5d8f2f", "acme-7d4c0b9e2f7a4f0e"
BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
COLLECTOR = "arn:aws:iam::111122223333:role/collector"
ROOT = VendorAccount("aws", "111122223333")
NAMED = replace(ROOT, roles=(COLLECTOR, "arn:aws:iam::111122223333:role/jobs/second"))
MUCH = tuple(
    AccessStatement(
        f"Objects{number}",
        ("s3:GetBucketLocation", "s3:GetBucketTagging"),
        tuple(f"arn:aws:s3:::vendor-data-{number}-{part:050d}" for part in range(24)),
        english("Needed to make the policy long."),
    )
    for number in range(4)
)


def _vendor(account: VendorAccount, **parts: object) -> Vendor:
    return replace(Vendor("example", english("Example"), (account,)), **parts)  # type: ignore[arg-type]


VARIANTS: dict[str, tuple[Vendor, tuple[str, ...]]] = {
    "named": (_vendor(NAMED, session=SessionSpec(source_identity=True)), (RIGHT,)),
    "audit": (
        _vendor(replace(ROOT, roles=(COLLECTOR,), pin=True), access=AccessSpec("security-audit")),
        (RIGHT, NEXT),
    ),
    "inline": (_vendor(ROOT, access=AccessSpec("inventory", delivery="inline")), (RIGHT,)),
    "split": (_vendor(ROOT, access=AccessSpec(statements=MUCH)), (RIGHT,)),
    "choices": (
        _vendor(
            ROOT,
            role=RoleSpec(
                "Example_{tenant}",
                "/vendors/example/",
                english("What the vendor calls it: a 'role'."),
                (("Owner", "x@example.com"), ("cost-centre", "a b=c/d")),
                7200,
                BOUNDARY,
            ),
            session=SessionSpec(source_identity=True, tag_keys=("team", "ticket")),
            access=AccessSpec("inventory"),
        ),
        (RIGHT,),
    ),
}
BY_VARIANT = pytest.mark.parametrize("variant", VARIANTS)

Live = Callable[[Session, str], IamRole]
Run = Callable[..., subprocess.CompletedProcess[str]]


def _tenant(variant: str) -> Tenant:
    return Tenant(f"{variant}-company", VARIANTS[variant][1], 'Company "A" & Söhne')


def _wanted(variant: str) -> IamRole:
    vendor = VARIANTS[variant][0]
    return normal_form(build(vendor, slots_of(vendor, _tenant(variant))).resolved())


def _written(variant: str, folder: Path) -> Path:
    return render(VARIANTS[variant][0], _tenant(variant)).write(folder)


def _only_the_ids_of(variant: str, vendor: Session, role_arn: str) -> None:
    """The vendor gets in with each of the tenant's IDs, and with nothing else."""
    for right in VARIANTS[variant][1]:
        inside = assume(vendor, role_arn, right, "probe")
        assert isinstance(inside, Session), inside
        assert inside.caller().account_id == role_arn.split(":")[4]
    for wrong in ("Acme-another", OTHER_CASE, f"{RIGHT}x", "**", None):
        answer = assume(vendor, role_arn, wrong, "probe")
        assert isinstance(answer, Refusal), wrong
        assert answer.code == "AccessDenied"


@BY_VARIANT
def test_cloudformation(
    *,
    variant: str,
    tmp_path: Path,
    aws: EmbeddedAws,
    vendor_session: Session,
    new_account: Callable[[], str],
    environment: Callable[..., dict[str, str]],
    run_deputize: Run,
    live_role: Live,
) -> None:
    """`deputize deploy` makes the role of the model, boundary aside, and only the tenant's IDs open it."""
    bundle, account = _written(variant, tmp_path), new_account()
    environ = environment("http://127.0.0.1:9", account)
    done = run_deputize(environ, "deploy", bundle, "--yes", "--endpoint-url", aws.endpoint_url)
    role_arn = done.stdout.removesuffix("\n")
    wanted = _wanted(variant)
    assert role_arn == f"arn:aws:iam::{account}:role{wanted.path}{wanted.name}"
    assert live_role(aws.root(account), wanted.name) == replace(wanted, boundary=None)
    _only_the_ids_of(variant, vendor_session, role_arn)


@BY_VARIANT
def test_json(
    *,
    variant: str,
    tmp_path: Path,
    aws: EmbeddedAws,
    vendor_session: Session,
    new_account: Callable[[], str],
    environment: Callable[..., dict[str, str]],
    run_readme: Callable[..., str],
    live_role: Live,
) -> None:
    """The README's commands for the aws CLI, run as they stand, make the role of the model."""
    bundle, account = _written(variant, tmp_path), new_account()
    said = run_readme(environment(aws.endpoint_url, account), bundle, "### 5d. JSON, aws CLI")
    role_arn = said.splitlines()[-1]
    parsed = parse_role_arn(role_arn)
    assert parsed is not None
    assert live_role(aws.root(account), parsed.name) == _wanted(variant)
    _only_the_ids_of(variant, vendor_session, role_arn)


def test_terraform(
    *,
    tmp_path: Path,
    aws: EmbeddedAws,
    vendor_session: Session,
    new_account: Callable[[], str],
    environment: Callable[..., dict[str, str]],
    terraform: Callable[..., str],
    live_role: Live,
) -> None:
    """Five bundles as child modules of one configuration, each in its account, make the roles of the model."""
    accounts = {variant: new_account() for variant in VARIANTS}
    blocks = []
    for variant, account in accounts.items():
        _written(variant, tmp_path)
        blocks.append(
            f'provider "aws" {{\n  alias      = "{variant}"\n  access_key = "{account}"\n  secret_key = "test"\n}}\n'
            f'module "{variant}" {{\n  source    = "./{variant}-company/terraform"\n'
            f"  providers = {{ aws = aws.{variant} }}\n}}\n"
            f'output "{variant}" {{\n  value = module.{variant}.role_arn\n}}\n'
        )
    (tmp_path / "main.tf").write_text("\n".join(blocks), encoding="utf-8")
    environ = environment(aws.endpoint_url, "000000000000")
    terraform(environ, tmp_path, "init", "-input=false")
    terraform(environ, tmp_path, "apply", "-input=false", "-auto-approve")
    for variant, account in accounts.items():
        wanted = _wanted(variant)
        role_arn = f"arn:aws:iam::{account}:role{wanted.path}{wanted.name}"
        assert terraform(environ, tmp_path, "output", "-raw", variant) == role_arn
        assert live_role(aws.root(account), wanted.name) == wanted
        _only_the_ids_of(variant, vendor_session, role_arn)
    again = terraform(environ, tmp_path, "plan", "-input=false", "-detailed-exitcode")
    assert "No changes" in again


def test_a_boundary_through_cloudformation() -> None:
    """On moto, the engine that keeps it, the role has the vendor's boundary, another one, or none, as was chosen."""
    template = render(VARIANTS["choices"][0], _tenant("choices")).files["cloudformation/role.yaml"].decode()
    other = "arn:aws:iam::aws:policy/SecurityAudit"
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        session = Session(AwsOptions(None, "us-east-1", url), "0", Credentials("testing", "testing"))
        for name, given, found in (("first", None, BOUNDARY), ("second", other, other), ("third", "", None)):
            choices = {"RoleName": name} | ({} if given is None else {"PermissionsBoundary": given})
            session.call(
                "cloudformation",
                "create_stack",
                StackName=name,
                TemplateBody=template,
                Capabilities=["CAPABILITY_NAMED_IAM"],
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in choices.items()],
            )
            role = session.call("iam", "get_role", RoleName=name)["Role"]
            assert role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") == found
    finally:
        server.stop()

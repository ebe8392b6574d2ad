"""One embedded AWS for the whole session, a fresh customer account for each test, and sessions whose answers are given.

Answers are given (botocore's Stubber) only for what no engine here does: expired tokens, throttling, stuck stacks.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from deputize.aws.client import Credentials, Session
from deputize.aws.embedded import EmbeddedAws, create_vendor, embedded
from deputize.aws.stack import Pace, StackRequest
from deputize.model.aws_options import AwsOptions

_ACCOUNTS = itertools.count(200_000_000_001)
_TEMPLATE = Path(__file__).with_name("role.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session", autouse=True)
def _no_aws_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the machine's own AWS configuration or proxies reaches a test."""
    nowhere = tmp_path_factory.mktemp("no-aws")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("AWS_") or name.lower().endswith("_proxy"):
                patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", str(nowhere / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere / "credentials"))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """The embedded AWS."""
    with embedded(tmp_path_factory.mktemp("aws"), os.environ, "0.0.0") as running:
        yield running


@pytest.fixture(scope="session")
def vendor(aws: EmbeddedAws) -> Session:
    """A session in the vendor's role `collector`, account 111122223333."""
    return create_vendor(aws, "111122223333")


@pytest.fixture
def customer(aws: EmbeddedAws) -> Session:
    """The root of an account in which nothing was made yet."""
    return aws.root(str(next(_ACCOUNTS)))


@pytest.fixture
def pace() -> Pace:
    """Fifty looks a second."""
    return Pace(interval=0.02, looks=500)


@pytest.fixture
def ask() -> Callable[..., StackRequest]:
    """A request for tenant acme's stack, with the fields that a test wants otherwise."""

    def request(**fields: Any) -> StackRequest:
        usual: dict[str, Any] = {
            "stack_name": "deputize-acme",
            "template": _TEMPLATE,
            "template_sha256": "5ee1" * 16,
            "tenant": "acme",
            "vendor": "example-vendor",
            "partition": "aws",
            "vendor_account": "111122223333",
            "tenant_account": None,
            "template_version": 1,
            "tags": {},
            "parameters": {"RoleName": None, "Path": None, "PermissionsBoundary": None},
            "needs_named_iam": True,
        }
        return StackRequest(**{**usual, **fields})

    return request


@pytest.fixture
def killed_plan() -> Callable[[Session, StackRequest], None]:
    """Leaves what a `--plan` that was killed leaves: a change set, and the shell of the stack it is for."""

    def leave(session: Session, request: StackRequest) -> None:
        tags = {"deputize:tenant": request.tenant, "deputize:vendor": request.vendor}
        session.call(
            "cloudformation",
            "create_change_set",
            StackName=request.stack_name,
            ChangeSetName="deputize-killed",
            ChangeSetType="CREATE",
            TemplateBody=request.template,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )

    return leave


@pytest.fixture
def one_click() -> Callable[..., None]:
    """Makes tenant acme's stack as the console does from a link: no tags, the tenant's texts as parameters.

    changes: (old, new) texts of the template, which stands in for the one-click template.
    """
    own = [
        ("deputize:tenant", "!Ref Tenant"),
        ("deputize:vendor", "example-vendor"),
        ("deputize:template-version", '"1"'),
    ]
    tags = "".join(f"\n        - {{Key: {key}, Value: {value}}}" for key, value in own)
    template = (
        _TEMPLATE.replace("Parameters:", "Parameters:\n  Tenant: {Type: String}\n  ExternalId: {Type: String}")
        .replace("    Properties:\n      RoleName:", f"    Properties:\n      Tags:{tags}\n      RoleName:")
        .replace("sts:ExternalId: 7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11", "sts:ExternalId: !Ref ExternalId")
        .replace("Outputs:", "Outputs:\n  Tenant: {Value: !Ref Tenant}\n  Vendor: {Value: example-vendor}")
    )

    def make(session: Session, *changes: tuple[str, str], role_name: str = "chosen") -> None:
        body = template
        for old, new in changes:
            assert old in body
            body = body.replace(old, new)
        given = {"Tenant": "acme", "ExternalId": "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11", "RoleName": role_name}
        session.call(
            "cloudformation",
            "create_stack",
            StackName="deputize-acme",
            TemplateBody=body,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        session.client("cloudformation").get_waiter("stack_create_complete").wait(
            StackName="deputize-acme", WaiterConfig={"Delay": 0.05}
        )

    return make


@pytest.fixture
def scripted() -> Iterator[Callable[..., Session]]:
    """A session whose answers are given: (service, operation, answer), or (service, operation, code, message)."""
    stubs: list[Stubber] = []

    def session(*steps: tuple[Any, ...], region: str = "us-east-1") -> Session:
        made = Session(
            AwsOptions(region=region), "0.0.0", Credentials("AKIAIOSFODNN7EXAMPLE", "the-secret", "the-token")
        )
        services = {service: Stubber(made.client(service)) for service in sorted({step[0] for step in steps})}
        for service, operation, *answer in steps:
            if len(answer) == 1:
                services[service].add_response(operation, answer[0])
            else:
                meta = {"RetryAttempts": 2}
                status = 403 if answer[0] == "AccessDenied" else 400
                services[service].add_client_error(
                    operation, answer[0], answer[1], http_status_code=status, response_meta=meta
                )
        for stub in services.values():
            stub.activate()
            stubs.append(stub)
        return made

    yield session
    for stub in stubs:
        stub.assert_no_pending_responses()

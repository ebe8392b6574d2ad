"""The demo: company A of AWS's own example hires a cost service; every line is a real call to the embedded AWS.

The story: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deputize.aws.assume import assume
from deputize.aws.client import Refusal, Session
from deputize.aws.embedded import EmbeddedAws, create_vendor
from deputize.errors import Problem, ProvedWrongError
from deputize.jobs.api import Bundle, render
from deputize.jobs.deploy import deploy
from deputize.jobs.lint import LintOptions, lint_files
from deputize.jobs.local import local_aws
from deputize.jobs.shapes import refuse_errors
from deputize.model.spec import Tenant, Vendor, VendorAccount
from deputize.model.text import Localized

VENDOR_ACCOUNT, CUSTOMER_ACCOUNT = "111122223333", "444455556666"
COLLECTOR = "collector"
OWN_ID, OTHER_ID = "12345", "67890"
INSTANCES = (("Instance A", "t3.nano"), ("Instance B", "t2.nano"), ("Instance C", "t3.nano"))

VENDOR = Vendor(
    "example-corp",
    Localized((("en", "Example Corp"), ("ja", "Example Corp"))),
    (VendorAccount("aws", VENDOR_ACCOUNT, (f"arn:aws:iam::{VENDOR_ACCOUNT}:role/{COLLECTOR}",)),),
)
COMPANY_A = Tenant("a-company", (OWN_ID,), "Company A", CUSTOMER_ACCOUNT)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: in which part of the story, and what was answered."""

    step: str
    text: str


Say = Callable[[Line], None]


def run_demo(environ: Mapping[str, str], out: Path, say: Say) -> None:
    """Play the story to its end. Raises ProvedWrongError when a wrong ID gets in or the right one does not."""
    with local_aws(environ) as aws:
        say(Line("start", f"the embedded AWS listens at {aws.endpoint_url}"))
        customer, vendor = _accounts(aws, say)
        bundle = _bundle(out, say)
        role_arn = _deployed(bundle, customer, say)
        _vendor_reads(vendor, role_arn, say)
        _refused(vendor, role_arn, OTHER_ID, f"with another tenant's external ID {OTHER_ID}", say)
        _refused(vendor, role_arn, None, "without an external ID", say)
        _cannot_write(vendor, role_arn, say)


def _accounts(aws: EmbeddedAws, say: Say) -> tuple[Session, Session]:
    customer = aws.root(CUSTOMER_ACCOUNT)
    for name, kind in INSTANCES:
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
        image = "ami-00000000000000000"
        customer.call(
            "ec2",
            "run_instances",
            ImageId=image,
            InstanceType=kind,
            MinCount=1,
            MaxCount=1,
            TagSpecifications=tags,
        )
    say(Line("customer", f"account {customer.caller().account_id} of company A runs {', '.join(_names(customer))}"))
    vendor = create_vendor(aws, VENDOR_ACCOUNT, COLLECTOR)
    say(Line("vendor", f"Example Corp works as {vendor.caller().arn}"))
    return customer, vendor


def _bundle(out: Path, say: Say) -> Bundle:
    bundle = render(VENDOR, COMPANY_A)
    say(Line("render", f"{bundle.write(out)}: {len(bundle.files)} files, for external ID {OWN_ID}"))
    report = lint_files(bundle.files, LintOptions())
    refuse_errors(report.findings)
    ran = ", ".join(engine.name for engine in report.engines if not engine.skipped)
    weak = [finding.message for finding in report.findings if "external-id" in finding.rule]
    say(Line("lint", f"no errors ({ran}); {'; '.join(weak) or 'nothing to add'}"))
    return bundle


def _deployed(bundle: Bundle, customer: Session, say: Say) -> str:
    done = deploy(
        bundle, session=customer, on_event=lambda event: say(Line("deploy", f"{event.status} {event.logical_id}"))
    )
    if done is None:
        raise ProvedWrongError(Problem("demo", "the deployment was not carried out"))
    say(Line("deploy", f"role ARN {done.role_arn}"))
    return done.role_arn


def _vendor_reads(vendor: Session, role_arn: str, say: Say) -> None:
    inside = _entered(vendor, role_arn)
    say(Line("right ID", f"AssumeRole with external ID {OWN_ID}: {inside.caller().arn}"))
    found = _names(inside)
    say(Line("right ID", f"DescribeInstances: {', '.join(found)}"))
    if sorted(found) != sorted(name for name, _ in INSTANCES):
        raise ProvedWrongError(Problem("demo", f"the vendor sees {found}", "it should see the three instances"))


def _refused(vendor: Session, role_arn: str, external_id: str | None, how: str, say: Say) -> None:
    answer = assume(vendor, role_arn, external_id, "access-to-X")
    if not isinstance(answer, Refusal):
        raise ProvedWrongError(Problem("demo", f"AssumeRole {how} got in"))
    say(Line("refused", f"AssumeRole {how}: {answer.code}: {answer.message}"))


def _cannot_write(vendor: Session, role_arn: str, say: Say) -> None:
    inside = _entered(vendor, role_arn)
    expected = ("UnauthorizedOperation", "DryRunOperation")
    answer = inside.try_call(
        "ec2", "run_instances", expected, ImageId="ami-00000000000000000", MinCount=1, MaxCount=1, DryRun=True
    )
    if not isinstance(answer, Refusal) or answer.code != "UnauthorizedOperation":
        raise ProvedWrongError(Problem("demo", "the role may run instances", "it should only read"))
    say(Line("read-only", f"RunInstances (DryRun): {answer.code}"))


def _entered(vendor: Session, role_arn: str) -> Session:
    answer = assume(vendor, role_arn, OWN_ID, "access-to-A")
    if isinstance(answer, Refusal):
        raise ProvedWrongError(Problem("demo", f"the right external ID was refused: {answer.message}"))
    return answer


def _names(session: Session) -> list[str]:
    answer = session.call("ec2", "describe_instances")
    instances = [instance for one in answer["Reservations"] for instance in one["Instances"]]
    return [tag["Value"] for instance in instances for tag in instance.get("Tags", ()) if tag["Key"] == "Name"]

"""The demo: both stories of AWS's confused-deputy page on the embedded AWS; every line holds a real call's answer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deputize.aws.assume import assume
from deputize.aws.client import Refusal, Session
from deputize.aws.embedded import EmbeddedAws, create_role, create_vendor
from deputize.errors import Problem, ProvedWrongError
from deputize.iam.arn import account_root
from deputize.jobs.api import Bundle, render
from deputize.jobs.demo.local import local_aws
from deputize.jobs.demo.story import NOTHING, told
from deputize.jobs.deploy.run import deploy
from deputize.jobs.lint.bundle import LintOptions, lint_files
from deputize.jobs.render.shapes import refuse_errors
from deputize.jobs.tenants.checks import register
from deputize.jobs.tenants.live import AwsChecker
from deputize.jobs.tenants.outcomes import RoleCheck
from deputize.model.spec import Tenant, Vendor, VendorAccount
from deputize.model.text import english
from deputize.registry import GrantRequest, Registry, add, open_registry

VENDOR_ACCOUNT, CUSTOMER_ACCOUNT = "111122223333", "444455556666"
COLLECTOR = "collector"
OWN_ID, OTHER_ID = "12345", "67890"
INSTANCES = (("Instance A", "t3.nano"), ("Instance B", "t2.nano"), ("Instance C", "t3.nano"))
FIRST_ROLE = "made-by-hand"

VENDOR = Vendor(
    "example-corp",
    english("Example Corp"),
    (VendorAccount("aws", VENDOR_ACCOUNT, (f"arn:aws:iam::{VENDOR_ACCOUNT}:role/{COLLECTOR}",)),),
)
COMPANY_A = Tenant("a-company", (OWN_ID,), "Company A", CUSTOMER_ACCOUNT)


@dataclass(frozen=True, slots=True)
class Line:
    """One step of a story (1-1 ... 2-9, and what follows) and its sentence."""

    step: str
    text: str


Say = Callable[[Line], None]


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where the stories are played: company A's account, the service's session, and how a step is told."""

    customer: Session
    service: Session
    locale: str
    say: Say

    def tell(self, step: str, **answers: str) -> None:
        self.say(Line(step, told(step, self.locale, **answers)))

    def screen(self, session: Session | None) -> str:
        """What a tenant's screen shows: the names of the instances that the session sees."""
        return ", ".join(_names(session) if session is not None else []) or NOTHING[self.locale]


def run_demo(environ: Mapping[str, str], out: Path, locale: str, say: Say) -> None:
    """Play both stories to their end. Raises ProvedWrongError when somebody gets in who should not, or the reverse."""
    with local_aws(environ) as aws:
        stage = _stage(aws, locale, say)
        first = _without_external_id(stage)
        second = _with_external_id(stage, out)
        with _registry() as registry:
            _registered(stage, registry, second, first)


def _stage(aws: EmbeddedAws, locale: str, say: Say) -> _Stage:
    customer = aws.root(CUSTOMER_ACCOUNT)
    for name, kind in INSTANCES:
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
        wanted = {"InstanceType": kind, "TagSpecifications": tags}
        customer.call("ec2", "run_instances", ImageId="ami-00000000000000000", MinCount=1, MaxCount=1, **wanted)
    return _Stage(customer, create_vendor(aws, VENDOR_ACCOUNT, COLLECTOR), locale, say)


def _without_external_id(stage: _Stage) -> str:
    """The first story: the role asks for no ID, and company X sees company A's instances. Returns the role's ARN."""
    stage.tell("1-1", account=stage.service.caller().account_id)
    trust = {"Effect": "Allow", "Principal": {"AWS": account_root("aws", VENDOR_ACCOUNT)}, "Action": "sts:AssumeRole"}
    read = {"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"}
    arn = create_role(stage.customer, FIRST_ROLE, _policy(trust), _policy(read))
    stage.tell("1-2", role=FIRST_ROLE)
    stage.tell("1-3", arn=arn)
    inside = _let_in(assume(stage.service, arn, None, "access-to-user-account"))
    stage.tell("1-4", session=inside.caller().arn)
    stage.tell("1-5", instances=_all_three(stage, inside))
    stage.tell("1-6")
    stage.tell("1-7", arn=arn)
    confused = _let_in(assume(stage.service, arn, None, "access-to-user-account"))
    stage.tell("1-8", session=confused.caller().arn)
    stage.tell("1-9", instances=_all_three(stage, confused))
    return arn


def _with_external_id(stage: _Stage, out: Path) -> str:
    """The second story: the same with deputize's role, and X's screen stays empty. Returns the role's ARN."""
    stage.tell("2-1", id=OWN_ID)
    arn = _deployed(stage, out)
    stage.tell("2-3", arn=arn)
    inside = _let_in(assume(stage.service, arn, OWN_ID, "access-to-A"))
    stage.tell("2-4", id=OWN_ID, session=inside.caller().arn)
    stage.tell("2-5", instances=_all_three(stage, inside))
    stage.tell("2-6", id=OTHER_ID)
    stage.tell("2-7", arn=arn)
    stage.tell("2-8", id=OTHER_ID, refusal=_refused(assume(stage.service, arn, OTHER_ID, "access-to-X")))
    stage.tell("2-9", instances=stage.screen(None))
    stage.tell("none", refusal=_refused(assume(stage.service, arn, None, "access-to-X")))
    stage.tell("write", refusal=_cannot_write(inside))
    return arn


def _deployed(stage: _Stage, out: Path) -> str:
    bundle: Bundle = render(VENDOR, COMPANY_A)
    bundle.write(out)
    report = lint_files(bundle.files, LintOptions())
    refuse_errors(report.findings)
    engines = ", ".join(engine.name for engine in report.engines if not engine.skipped)
    status: list[str] = []
    done = deploy(bundle, session=stage.customer, on_event=lambda event: status.append(event.status))
    if done is None:
        raise ProvedWrongError(Problem("demo", "the deployment was not carried out"))
    stage.tell("2-2", files=str(len(bundle.files)), engines=engines, status=status[-1])
    return done.role_arn


@contextmanager
def _registry() -> Iterator[Registry]:
    with tempfile.TemporaryDirectory(prefix="deputize-demo-") as folder:
        registry = open_registry(str(Path(folder, "registry.db")), who="demo", create=True)
        with registry:
            yield registry


def _registered(stage: _Stage, registry: Registry, good: str, bad: str) -> None:
    """The service's registry takes the second story's role, and refuses the first one's."""
    why = "the ID of AWS's own example"
    add(registry, GrantRequest("a-company", CUSTOMER_ACCOUNT, (OWN_ID,), "Company A", weak_reason=why))
    checker = AwsChecker(stage.service, wait=0.0)
    refused = register(registry, "a-company", [bad], checker)[0]
    taken = register(registry, "a-company", [good], checker)[0]
    if refused.stored or not taken.stored:
        raise ProvedWrongError(Problem("demo", "the registry took the wrong role", f"{refused.error} {taken.error}"))
    stage.tell("register", verdict=_safety(taken))
    stage.tell("refuse", verdict=_safety(refused))


def _safety(checked: RoleCheck) -> str:
    return checked.verdict.safety.value if checked.verdict is not None else str(checked.error)


def _policy(statement: Mapping[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [statement]}


def _let_in(answer: Session | Refusal) -> Session:
    if isinstance(answer, Refusal):
        raise ProvedWrongError(Problem("demo", f"the service was refused: {answer.message}"))
    return answer


def _refused(answer: Session | Refusal) -> str:
    if not isinstance(answer, Refusal):
        raise ProvedWrongError(Problem("demo", "a wrong external ID got in"))
    return f"{answer.code}: {answer.message}"


def _all_three(stage: _Stage, inside: Session) -> str:
    if sorted(_names(inside)) != sorted(name for name, _ in INSTANCES):
        raise ProvedWrongError(Problem("demo", f"the screen shows {_names(inside)}", "it should show three instances"))
    return stage.screen(inside)


def _cannot_write(inside: Session) -> str:
    expected = ("UnauthorizedOperation", "DryRunOperation")
    wanted = {"ImageId": "ami-00000000000000000", "MinCount": 1, "MaxCount": 1, "DryRun": True}
    answer = inside.try_call("ec2", "run_instances", expected, **wanted)
    if not isinstance(answer, Refusal) or answer.code != "UnauthorizedOperation":
        raise ProvedWrongError(Problem("demo", "the role may run instances", "it should only read"))
    return answer.code


def _names(session: Session) -> list[str]:
    answer = session.call("ec2", "describe_instances")
    instances = [instance for one in answer["Reservations"] for instance in one["Instances"]]
    return [tag["Value"] for instance in instances for tag in instance.get("Tags", ()) if tag["Key"] == "Name"]

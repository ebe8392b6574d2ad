"""One role, one answer: the bundle, each of its files and the live role have the same findings, for every golden case.

Compared is everything that is said of the role itself: rule, severity and message. Places are left out, for each format
has its own, and so are the rules about a text: how it is delivered, its bytes, the partition spelt in it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import pytest

from deputize import render
from deputize.aws.client import Session
from deputize.aws.embedded import EmbeddedAws, root_credentials
from deputize.checks.made import made_findings
from deputize.checks.opened import open_manifest
from deputize.checks.rule import RuleEntry
from deputize.checks.rules.bundle import BUNDLE_RULES
from deputize.checks.rules.delivery import DELIVERY_RULES
from deputize.checks.rules.partition import TEXT_RULES
from deputize.iam.role import IamRole
from deputize.jobs.expectations import expectation_of
from deputize.jobs.lint.bundle import OWN, lint_bundle
from deputize.jobs.lint.file import FileReport, Judging, judged_file
from deputize.jobs.lint.live import lint_live_role
from deputize.model.expectations import Expectation, Expectations, literals
from deputize.model.format import JSON, MANIFEST, TEMPLATE, TERRAFORM
from deputize.model.role import Role
from deputize.model.values import Files, Finding, Severity
from deputize.read import READERS, normal_form
from deputize.read.any import read_any
from deputize.read.cloudformation.strict import read_stack
from deputize.read.found import FoundFile
from golden import NAMES, case_of

pytestmark = pytest.mark.slow
BY_CASE = pytest.mark.parametrize("name", NAMES)

_TEXT_RULES: tuple[RuleEntry, ...] = (*DELIVERY_RULES, *TEXT_RULES, *BUNDLE_RULES)
OF_TEXT = frozenset(one.id for one in _TEXT_RULES)
"""Rules about a file's text or a bundle's bytes, which the same role in another format does not have."""

MORE_WITHOUT = {
    "allowed-secret": ["exposure-secret"],
    "hosted": ["external-id-several"],
    "security-audit": ["exposure-secret"],
    "two-ids": ["external-id-several"],
}
"""Case -> the errors that a file has when nobody says what was agreed; the bundle's manifest makes them warnings."""

NOT_MADE = {
    "partition-china": "the embedded AWS makes the role in partition aws",
    "partition-europe": "the embedded AWS makes the role in partition aws",
    "partition-gov": "the embedded AWS makes the role in partition aws",
}
"""Case -> why the embedded AWS has no such role."""

OTHER_DESCRIPTION = {"hostile-names": "Reads what this account costs."}
"""Case -> another description; the embedded AWS writes them into XML as they stand, and this case's is markup."""

NOBODY = Expectations()
OTHERS = Expectation(
    vendor_accounts=("999988887777",), external_ids=literals(("Bolt-9f570a5d8f2f4c11",)), session_actions=()
)
_CLAIM = re.compile(rf" \(the bundle's {re.escape(MANIFEST)} says [^()]+\)\Z")

Said = tuple[str, Severity, str]
Judge = Callable[[Expectations], Iterable[Finding]]


@dataclass(frozen=True)
class Case:
    """One golden case: its bundle, and the role that its vendor asks for."""

    files: Files
    role: Role

    @property
    def own(self) -> Expectations:
        """What its vendor and tenant expect, as a caller gives it."""
        return Expectations(expectation_of(self.role))


@dataclass(frozen=True)
class Live:
    """A role on the embedded AWS. session: of the root of its account."""

    session: Session
    arn: str


@cache
def _case(name: str) -> Case:
    files = render(*case_of(name).asked()).files
    role = open_manifest(files).role
    assert role is not None
    return Case(files, role)


@pytest.fixture(scope="module")
def make(aws: EmbeddedAws, new_account: Callable[[], str]) -> Callable[[str], Live | None]:
    """Makes the role of a case from its template, once, in its own account or a new one; None where it is another."""
    first = aws.root(new_account())

    @cache
    def made(name: str) -> Live | None:
        case, wanted = _case(name), _case(name).role.resolved()
        session = first.acting_as(root_credentials(case.role.slots.account_id or new_account()))
        template = case.files[TEMPLATE].decode()
        stack = f"one-answer-{name}"  # other tests make a case's stack by its name, in the same account
        named = {"StackName": stack, "TemplateBody": template, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
        session.call("cloudformation", "create_stack", **named)
        waiter = session.client("cloudformation").get_waiter("stack_create_complete")
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 0.05})
        if name in OTHER_DESCRIPTION:
            session.call("iam", "update_role", RoleName=wanted.name, Description=OTHER_DESCRIPTION[name])
        if wanted.boundary is not None:  # the embedded AWS drops one that comes through CloudFormation
            boundary = {"PermissionsBoundary": wanted.boundary}
            session.call("iam", "put_role_permissions_boundary", RoleName=wanted.name, **boundary)
        found = session.call("iam", "get_role", RoleName=wanted.name)["Role"]
        is_there = found["Arn"].startswith(f"arn:{case.role.slots.partition}:")
        return Live(session, found["Arn"]) if is_there else None

    return made


@cache
def _judges(name: str) -> Mapping[str, Judge]:
    """Each text that tells of the role of a case -> what is wrong with the role, under given expectations."""
    case = _case(name)
    own_account, partition = case.role.slots.account_id, case.role.slots.partition
    made = {form: READERS[form](case.files, case.role.iam.delivery) for form in (TERRAFORM.name, JSON.name)}
    template = case.files[TEMPLATE].decode()
    chosen = dict(read_stack(template, TEMPLATE).parameters) | {
        "AWS::AccountId": own_account or "777788889999",
        "AWS::Partition": partition,
    }

    def judge_of(form: str) -> Judge:
        return lambda expected: made_findings(made[form], expected, form, own_account)

    return {
        "bundle": lambda expected: lint_bundle(case.files, expectations=expected),
        "role.yaml": _judge_of(template, TEMPLATE, {}),
        "role.yaml with its parameters": _judge_of(template, TEMPLATE, chosen),
        "answer of IAM": _judge_of(_answer(case), "answer.json", {}),
        **{form: judge_of(form) for form in made},
    }


def _judge_of(text: str, where: str, choices: Mapping[str, str]) -> Judge:
    file: FoundFile = read_any(text.encode(), where, choices)

    def judge(expected: Expectations) -> Iterable[Finding]:
        return _findings(judged_file(file, text, where, _judging(expected)))

    return judge


def _judging(expected: Expectations) -> Judging:
    return Judging(engines=(OWN,), expected=expected)


def _findings(report: FileReport) -> Iterable[Finding]:
    return [one.finding for one in report.found]


def _answer(case: Case) -> str:
    """The files in json/ as `aws iam get-account-authorization-details` tells them once they are applied."""
    role = json.loads(case.files["json/role.json"])
    account, partition = case.role.slots.account_id or "777788889999", case.role.slots.partition
    documents = [json.loads(case.files[path]) for path in sorted(case.files) if path.startswith("json/access-policy")]
    named = [(f"access-{number}", document) for number, document in enumerate(documents)]
    is_inline = case.role.iam.delivery == "inline"
    own = [
        {
            "PolicyName": name,
            "Arn": f"arn:{partition}:iam::{account}:policy/{name}",
            "DefaultVersionId": "v1",
            "PolicyVersionList": [{"VersionId": "v1", "Document": document}],
        }
        for name, document in ([] if is_inline else named)
    ]
    arns = [*json.loads(case.files.get("json/managed-policy-arns.json", b"[]")), *(one["Arn"] for one in own)]
    put = [{"PolicyName": name, "PolicyDocument": document} for name, document in (named if is_inline else [])]
    boundary = role.get("PermissionsBoundary")
    detail = {
        **role,
        "Arn": f"arn:{partition}:iam::{account}:role{role['Path']}{role['RoleName']}",
        "AssumeRolePolicyDocument": json.loads(case.files["json/trust-policy.json"]),
        "RolePolicyList": put,
        "AttachedManagedPolicies": [{"PolicyArn": one} for one in arns],
        "PermissionsBoundary": {} if boundary is None else {"PermissionsBoundaryArn": boundary},
    }
    return json.dumps({"RoleDetailList": [detail], "Policies": own}, indent=1)


def _of_role(findings: Iterable[Finding]) -> Counter[Said]:
    """What is said of the role; what a bundle's manifest claims is taken away again."""
    told: Counter[Said] = Counter()
    for one in findings:
        if one.rule not in OF_TEXT:
            message, claimed = _CLAIM.subn("", one.message)
            told[one.rule, Severity.ERROR if claimed else one.severity, message] += 1
    return told


@cache
def _read_answers(name: str, expected: Expectations) -> Mapping[str, tuple[Finding, ...]]:
    """Each text that tells of the role of a case -> what is found."""
    return {way: tuple(judge(expected)) for way, judge in _judges(name).items()}


def _answers(name: str, live: Live | None, expected: Expectations) -> Mapping[str, Counter[Said]]:
    """Each way to know the role of a case -> what is said of it."""
    found = dict(_read_answers(name, expected))
    if live is not None:
        found["live"] = tuple(_findings(lint_live_role(live.arn, _judging(expected), live.session)))
    return {way: _of_role(one) for way, one in found.items()}


def _others(answers: Mapping[str, Counter[Said]]) -> Mapping[str, Counter[Said]]:
    """Those that are not as the bundle's."""
    return {way: found for way, found in answers.items() if found != answers["bundle"]}


@BY_CASE
def test_the_same_expectations(name: str, make: Callable[[str], Live | None]) -> None:
    """Under what vendor and tenant expect, every way finds the same, nothing is an error, and no claim is needed."""
    case = _case(name)
    answers = _answers(name, make(name), case.own)
    assert _others(answers) == {}
    assert Severity.ERROR not in {severity for _, severity, _ in answers["bundle"]}
    assert not any(_CLAIM.search(one.message) for one in _read_answers(name, case.own)["bundle"])


@BY_CASE
def test_no_expectations(name: str, make: Callable[[str], Live | None]) -> None:
    """With none, all files and the live role have the errors of the table more; the bundle warns of them, quoting."""
    answers = _answers(name, make(name), NOBODY)
    assert _others(answers) == {}
    more = answers["role.yaml"] - _answers(name, None, _case(name).own)["role.yaml"]
    assert sorted(rule for rule, _, _ in more.elements()) == MORE_WITHOUT.get(name, [])
    assert {severity for _, severity, _ in more} <= {Severity.ERROR}
    quoted = [one for one in _read_answers(name, NOBODY)["bundle"] if _CLAIM.search(one.message)]
    assert sorted(one.rule for one in quoted) == MORE_WITHOUT.get(name, [])
    assert {one.severity for one in quoted} <= {Severity.WARNING}


@BY_CASE
def test_the_expectations_of_another(name: str, make: Callable[[str], Live | None]) -> None:
    """Held against another vendor and another tenant's ID, the role is wrong, every way for the same reasons."""
    other = Expectations(replace(OTHERS, partition=_case(name).role.slots.partition))
    # A role that is no text has no lines: what is wrong in each of its statements alike is said once of it.
    answers = {way: Counter(set(found)) for way, found in _answers(name, make(name), other).items()}
    assert _others(answers) == {}
    assert Severity.ERROR in {severity for _, severity, _ in answers["bundle"]}


def test_what_is_made(make: Callable[[str], Live | None], live_role: Callable[[Session, str], IamRole]) -> None:
    """The embedded AWS makes the role of the model of every case but those of the list, the description aside."""
    made = {name: make(name) for name in NAMES}
    assert [name for name, live in made.items() if live is None] == sorted(NOT_MADE)
    for name, live in made.items():
        if live is not None:
            wanted = normal_form(_case(name).role.resolved())
            wanted = replace(wanted, description=OTHER_DESCRIPTION.get(name, wanted.description))
            assert live_role(live.session, wanted.name) == wanted, name


def test_the_tables_name_cases() -> None:
    """What is listed is a golden case."""
    assert {*MORE_WITHOUT, *NOT_MADE, *OTHER_DESCRIPTION} <= set(NAMES)

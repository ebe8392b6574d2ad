"""What depends on a tenant's own texts: its external IDs, and the sizes that they add to. Cheap, for thousands."""

from __future__ import annotations

from collections.abc import Iterator

from deputize.checks.own import sample
from deputize.checks.own.rule import Hit, Rule
from deputize.checks.own.subject import Ids
from deputize.checks.rule import over
from deputize.iam import limits
from deputize.model.external_id import external_id_problem, external_id_weaknesses
from deputize.model.values import Finding, Severity

_THIRD_PARTY = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"
_ASSUME = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"
_QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
_CFN_QUOTAS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"


def _legal(ids: Ids) -> Iterator[Hit]:
    for number, text in enumerate(ids.external_ids, 1):
        if external_id_problem(text) is not None:
            yield Hit("STS refuses it: 2 to 1,224 letters, digits and _+=,.@:/- are allowed", f"external ID {number}")


def _weak(ids: Ids) -> Iterator[Hit]:
    for number, text in enumerate(ids.external_ids, 1):
        if text:
            for weakness in external_id_weaknesses(text, ids.tenant):
                yield Hit(weakness, f"external ID {number}")


def _trust_size(size: int) -> Iterator[Hit]:
    if what := over(limits.TRUST_POLICY, size):
        yield Hit(what, "trust policy")


def _template_size(size: int) -> Iterator[Hit]:
    if what := over(limits.TEMPLATE_BODY, size):
        yield Hit(what, "template")


ID_RULES: tuple[Rule[Ids], ...] = (
    Rule(
        id="external-id-illegal",
        severity=Severity.ERROR,
        title="An external ID is one that STS takes",
        why="STS refuses the call, so nobody could ever enter.",
        mend="issue another one",
        reference=_ASSUME,
        good=sample.ids("12345"),
        bad=sample.ids("a b"),
        check=_legal,
    ),
    Rule(
        id="external-id-weak",
        severity=Severity.WARNING,
        title="An external ID cannot be guessed, and survives command lines",
        why="The ID keeps other customers of the vendor out only as long as they cannot tell it.",
        mend="issue a random one, such as a UUID",
        reference=_THIRD_PARTY,
        good=sample.ids(sample.EXTERNAL_ID),
        bad=sample.ids("12345"),
        check=_weak,
    ),
)

QUOTA_TRUST: Rule[int] = Rule(
    id="quota-trust-policy",
    severity=Severity.ERROR,
    title="A trust policy has at most 2,048 characters",
    why="IAM refuses the role, unless the customer's account had the quota raised.",
    mend="issue shorter external IDs, or name fewer roles",
    reference=_QUOTAS,
    good=lambda: 2048,
    bad=lambda: 2049,
    check=_trust_size,
)

QUOTA_TEMPLATE: Rule[int] = Rule(
    id="quota-template",
    severity=Severity.ERROR,
    title="A template has at most 51,200 bytes",
    why="CloudFormation refuses a larger one in a request.",
    mend="ask for less, or give shorter reasons",
    reference=_CFN_QUOTAS,
    good=lambda: 51200,
    bad=lambda: 51201,
    check=_template_size,
)


def check_tenant(
    tenant: str, external_ids: tuple[str, ...], trust_size: int, template_bytes: int, *, strict: bool = False
) -> tuple[Finding, ...]:
    """What is wrong with one tenant of a shape that has been judged.

    tenant: the slug. trust_size: characters of its compact trust policy. template_bytes: size of its template.
    """
    where = f"tenant {tenant}"
    return (
        *check_ids(tenant, external_ids, where, strict=strict),
        *QUOTA_TRUST.findings(trust_size, where),
        *QUOTA_TEMPLATE.findings(template_bytes, where),
    )


def check_ids(tenant: str, external_ids: tuple[str, ...], where: str, *, strict: bool = False) -> Iterator[Finding]:
    """What is wrong with a tenant's external IDs. The IDs themselves are not quoted."""
    subject = Ids(tenant, external_ids)
    for rule in ID_RULES:
        yield from rule.findings(subject, where, strict=strict)


def check_template(text: str, where: str) -> tuple[Finding, ...]:
    """What our own rules say of a template as text; `where` is its file."""
    return tuple(QUOTA_TEMPLATE.findings(len(text.encode()), where))

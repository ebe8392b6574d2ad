"""What depends on a tenant's own texts: its external IDs, and the sizes that they add to. Cheap, for thousands."""

from __future__ import annotations

from collections.abc import Iterator

from deputize.checks.rule import over
from deputize.checks.rules.delivery import TEMPLATE_SIZE
from deputize.checks.rules.external_id import ILLEGAL_ID, WEAK_ID
from deputize.checks.rules.quotas import TRUST_SIZE
from deputize.iam import limits
from deputize.model.external_id import external_id_problem, external_id_weaknesses
from deputize.model.values import Finding, Severity


def check_tenant(
    tenant: str, external_ids: tuple[str, ...], trust_size: int, template_bytes: int, *, strict: bool = False
) -> tuple[Finding, ...]:
    """What is wrong with one tenant of a shape that has been judged.

    tenant: the slug. trust_size: characters of its compact trust policy. template_bytes: size of its template.
    """
    where = f"tenant {tenant}"
    return (
        *_ids(tenant, external_ids, where, Severity.ERROR if strict else WEAK_ID.severity),
        *_trust_size(trust_size, f"{where}: trust policy"),
        *template_size(template_bytes, f"{where}: template"),
    )


def template_size(template_bytes: int, where: str) -> Iterator[Finding]:
    """A finding when the template of a bundle is too large: it is deployed in a request, so that is an error."""
    if what := over(limits.TEMPLATE_BODY, template_bytes):
        mend = "ask for less, or give shorter reasons"
        yield TEMPLATE_SIZE.finding(what, where, mend=mend, severity=Severity.ERROR)


def _ids(tenant: str, external_ids: tuple[str, ...], where: str, weak: Severity) -> Iterator[Finding]:
    """What is wrong with a tenant's external IDs. The IDs themselves are not quoted."""
    for number, text in enumerate(external_ids, 1):
        place = f"{where}: external ID {number}"
        if external_id_problem(text) is not None:
            what = "STS refuses it: 2 to 1,224 letters, digits and _+=,.@:/- are allowed"
            yield ILLEGAL_ID.finding(what, place, mend="issue another one")
        for weakness in external_id_weaknesses(text, tenant) if text else ():
            yield WEAK_ID.finding(weakness, place, mend="issue a random one, such as a UUID", severity=weak)


def _trust_size(size: int, where: str) -> Iterator[Finding]:
    if what := over(limits.TRUST_POLICY, size):
        yield TRUST_SIZE.finding(what, where, mend="issue shorter external IDs, or name fewer roles")

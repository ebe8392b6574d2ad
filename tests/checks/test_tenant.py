from __future__ import annotations

import json

from deputize.checks.tenant import check_tenant
from deputize.model.values import Severity

GOOD = ("7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11",)


def test_good_tenant_has_no_finding() -> None:
    """A random ID and sizes at AWS's very limits are right."""
    assert check_tenant("a-company", GOOD, 2048, 51_200, strict=True) == ()


def test_sizes_over_the_limits_are_errors() -> None:
    """One character or byte over is an error that gives the size and the limit."""
    found = check_tenant("a-company", GOOD, 2049, 51_201)
    assert [(one.rule, one.severity, one.where, one.message) for one in found] == [
        (
            "quota-trust-policy",
            Severity.ERROR,
            "tenant a-company: trust policy",
            "has 2,049 characters; AWS takes 1 to 2,048",
        ),
        ("template-size", Severity.ERROR, "tenant a-company: template", "has 51,201 bytes; AWS takes 1 to 51,200"),
    ]


def test_weak_id_is_a_warning_and_with_strict_an_error() -> None:
    """An ID that can be guessed is legal: a warning, unless strict; the second of a rotation is looked at too."""
    (loose,) = check_tenant("a-company", (*GOOD, "12345"), 300, 9000)
    (strict,) = check_tenant("a-company", (*GOOD, "12345"), 300, 9000, strict=True)
    assert (loose.rule, loose.severity, strict.severity) == ("external-id-weak", Severity.WARNING, Severity.ERROR)
    assert loose.where == "tenant a-company: external ID 2"


def test_every_weakness_is_named_and_the_id_is_not() -> None:
    """Each weakness is a finding of its own, and none of them quotes the ID."""
    found = check_tenant("a-company", ("=a-company",), 300, 9000)
    assert len(found) == 3
    assert "=a-company" not in json.dumps([one.message for one in found])


def test_illegal_id_is_an_error() -> None:
    """What STS would refuse is an error even without strict, an empty ID too."""
    for text in ("", "x", "a b", "é" * 20, "x" * 1225, f"{GOOD[0]}\n"):
        assert "external-id-illegal" in [one.rule for one in check_tenant("t", (text,), 300, 9000)], text

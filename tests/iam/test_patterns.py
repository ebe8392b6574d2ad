from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deputize.iam.patterns import are_apart, contains, glob_contains, resource_pattern
from deputize.iam.wildcards import matches, resource_matches


@pytest.mark.parametrize(
    ("wide", "narrow", "proved"),
    [
        ("*", "a*", True),
        ("a*", "a*b", True),
        ("a*", "*", False),
        ("a?", "ab", True),
        ("a?", "a?", True),
        ("a?", "a*", False),
        ("?*", "*?", True),
        ("*a*", "*ba*", True),
        ("a*c", "a*b", False),
        ("ab", "a?", False),
        ("", "", True),
        ("*", "", True),
        ("", "*", False),
    ],
)
def test_containment_of_globs(wide: str, narrow: str, proved: bool) -> None:
    """A star of the narrow pattern needs a star of the wide one; a question mark needs either."""
    assert glob_contains(wide, narrow) is proved


_GLOB = st.text("ab*?", max_size=6)


@given(_GLOB, _GLOB, st.text("abc", max_size=7))
def test_what_is_contained_matches_no_more(wide: str, narrow: str, text: str) -> None:
    """Where containment is proved, no text is matched by the narrow pattern alone."""
    if glob_contains(wide, narrow) and matches(narrow, text):
        assert matches(wide, text)


@pytest.mark.parametrize(
    ("wide", "narrow", "proved"),
    [
        ("*", "arn:aws:s3:::a", True),
        ("*", "*", True),
        ("arn:aws:s3:::*", "*", False),
        ("arn:*:*:*:*:*", "*", False),
        ("arn:aws:s3:::a*", "arn:aws:s3:::ab/*", True),
        ("arn:aws:s3", "arn:aws:s3:::ab/*", True),
        ("arn:aws:*", "arn:aws:s3:::a", True),
        ("arn:aws:iam::*:role/*", "arn:aws:iam::*", False),
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/${aws:username}/*", True),
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/a/*", False),
        ("arn:aws:s3:::home/*", "arn:aws:s3:::home/${aws:username}/*", True),
        ("arn:aws:iam::*:role/*", "arn:aws:iam::${aws:PrincipalAccount}:role/*", False),
        ("arn:aws:s3:::a*", "arn:aws:s3:::${x", False),
        ("arn:aws:s3:::unknown????", "arn:aws:s3:::unknown0001", False),
        ("arn:aws:s3:::*", "arn:aws:s3:::unknown0001", True),
        ("arn:aws:s3:::unknown0001/*", "arn:aws:s3:::unknown0001/*", True),
        ("arn:aws:s3:::unknown0001", "arn:aws:s3:::a", False),
        ("*", "unknown0001", True),
        ("unknown0001", "*", False),
    ],
)
def test_containment_of_resources(wide: str, narrow: str, proved: bool) -> None:
    """Part by part; an unknown text is within a star, and otherwise only within itself."""
    ins = ("unknown0001",)
    assert contains(resource_pattern(wide, stand_ins=ins), resource_pattern(narrow, stand_ins=ins)) is proved


def test_in_the_old_version_a_variable_is_plain_text() -> None:
    """Without variables `${...}` stands for itself, so it is not within another name."""
    old = resource_pattern("arn:aws:s3:::${aws:username}", variables=False)
    assert old.is_settled
    assert contains(resource_pattern("arn:aws:s3:::$*", variables=False), old)
    assert not contains(old, resource_pattern("arn:aws:s3:::${aws:username}"))


@pytest.mark.parametrize(
    ("one", "other", "proved"),
    [
        ("arn:aws:s3:::a", "arn:aws:s3:::b", True),
        ("arn:aws:s3:::a*", "arn:aws:s3:::b*", True),
        ("arn:aws:s3:::*/a", "arn:aws:s3:::*/b", True),
        ("arn:aws:s3:::a*", "arn:aws:s3:::*b", False),
        ("arn:aws:s3:::ab", "arn:aws:s3:::*b", False),
        ("arn:aws:s3:::ab", "arn:aws:s3:::*c", True),
        ("arn:aws:s3", "arn:aws:ec2:*:*:instance/*", True),
        ("*", "arn:aws:s3:::a", False),
        ("*", "*", False),
        ("arn:aws:s3:::${aws:username}", "arn:aws:s3:::a", False),
        ("arn:aws:s3:::a/${aws:username}", "arn:aws:s3:::b/*", True),
    ],
)
def test_resources_that_have_nothing_in_common(one: str, other: str, proved: bool) -> None:
    """Two patterns are apart where their beginnings or ends differ, or where one is a name that the other misses."""
    assert are_apart(resource_pattern(one), resource_pattern(other)) is proved
    assert are_apart(resource_pattern(other), resource_pattern(one)) is proved


_PARTS = st.lists(st.text("ab*?", max_size=3), min_size=5, max_size=5)
_ARNS = st.builds(lambda parts: ":".join(("arn", *parts)), _PARTS)
_NAMES = st.builds(lambda parts: ":".join(("arn", *parts)), st.lists(st.text("ab", max_size=3), min_size=5, max_size=5))


@given(_ARNS, _ARNS, _NAMES)
def test_both_proofs_hold_for_every_arn(one: str, other: str, arn: str) -> None:
    """No ARN refutes a containment, and none is matched by two patterns that are apart."""
    first, second = resource_pattern(one), resource_pattern(other)
    if contains(first, second) and resource_matches(other, arn):
        assert resource_matches(one, arn)
    if are_apart(first, second):
        assert not (resource_matches(one, arn) and resource_matches(other, arn))

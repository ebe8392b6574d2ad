"""What stands in an account beside the bundle: nothing to say of a clean deployment, and each change by hand said once.

The embedded AWS drops a PermissionsBoundary that comes through CloudFormation, so a boundary that was taken off is
looked at on moto; moto gets no policies from CloudFormation, so only that difference is looked at there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from deputize import Bundle, Tenant, Vendor, render
from deputize.aws.client import Credentials, Refusal, Session
from deputize.aws.embedded import EmbeddedAws, create_user, root_credentials
from deputize.errors import ServiceError
from deputize.formats.hosted import hosted_template
from deputize.formats.quick_create import link_parameters
from deputize.jobs.deploy.destroy import destroy_stack
from deputize.jobs.deploy.run import Choices, deploy
from deputize.jobs.inspect.deployed import ACTIONS, Deployed, compare_deployed
from deputize.model.aws_options import AwsOptions
from deputize.model.role import build
from deputize.model.slots import slots_of
from deputize.model.spec import AccessSpec, RoleSpec, VendorAccount
from deputize.model.text import english

ID, ANOTHER = "Acme-7d4c0b9e2f7a4f0e", "Bolt-9f570a5d8f2f4c11"
TENANT = Tenant("acme", (ID,), "アクメ — Acme")
VENDOR = Vendor(
    "example",
    english("Example"),
    (VendorAccount("aws", "111122223333"),),
    role=RoleSpec(path="/vendors/", tags=(("owner", "x"),), max_session_duration=7200),
    access=AccessSpec("security-audit"),
)
INLINE = replace(VENDOR, access=AccessSpec("inventory", delivery="inline"))
ROLE, BOUNDARY, ADMIN = (
    "example-acme",
    "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "arn:aws:iam::aws:policy/AdministratorAccess",
)
READS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
UNSEEN = "CloudFormation's drift detection does not see it"


@pytest.fixture(scope="module")
def first(aws: EmbeddedAws, new_account: Callable[[], str]) -> Session:
    """A session that the others share the descriptions of services with."""
    return aws.root(new_account())


@pytest.fixture
def account(first: Session, new_account: Callable[[], str]) -> Session:
    """The root of an account in which nothing was made yet."""
    return first.acting_as(root_credentials(new_account()))


def _bundle(vendor: Vendor = VENDOR, tenant: Tenant = TENANT) -> Bundle:
    return render(vendor, tenant)


def _stack(session: Session, template: bytes, given: Mapping[str, str] | None = None) -> None:
    """The stack as the console makes it: no tags."""
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in (given or {}).items()]
    asked = {"StackName": ROLE, "TemplateBody": template.decode(), "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    session.call("cloudformation", "create_stack", **asked, Parameters=parameters)
    session.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName=ROLE, WaiterConfig={"Delay": 0.05}
    )


def _console(session: Session, bundle: Bundle) -> None:
    _stack(session, bundle.files["cloudformation/role.yaml"])


def _policy_arn(session: Session, name: str = f"vendors/{ROLE}-access") -> str:
    return f"arn:aws:iam::{session.caller().account_id}:policy/{name}"


def _said(found: Deployed) -> list[str]:
    return [f"{one.where}: {one.what}" for one in found.differences]


def test_a_deployment_by_deputize(account: Session) -> None:
    """The customer's choices and own tags are no difference, and the facts are those of the account."""
    bundle, own = _bundle(), account.caller().account_id
    choices = Choices("chosen", "/ours/", tags={"team": "x"})
    deployed = deploy(bundle, session=account, choices=choices)
    assert deployed is not None
    account.call("iam", "tag_role", RoleName="chosen", Tags=[{"Key": "cost", "Value": "7"}])
    assert compare_deployed(bundle.files, account) == Deployed(
        account_id=own,
        region="us-east-1",
        role_arn=f"arn:aws:iam::{own}:role/ours/chosen",
        stack=ROLE,
        stack_status="CREATE_COMPLETE",
        template="same",
        template_version=1,
        differences=(),
        revision=json.loads(bundle.files["manifest.json"])["revision"],
    )


def test_a_deployment_by_one_click(account: Session) -> None:
    """The hosted template with a link's parameters is known for what it is; deploy updates it, destroy removes it."""
    role = build(VENDOR, slots_of(VENDOR, TENANT))
    _stack(account, hosted_template(VENDOR, "aws"), link_parameters(role))
    bundle = _bundle()
    found = compare_deployed(bundle.files, account)
    assert (found.template, found.template_version, found.differences) == ("one-click", 1, ())
    assert deploy(bundle, session=account) is not None
    again = compare_deployed(bundle.files, account)
    assert (again.template, again.stack_status, again.differences) == ("same", "UPDATE_COMPLETE", ())
    assert destroy_stack(account, ROLE, decide=lambda _stack: True, on_event=lambda _event: None) is not None
    assert _said(compare_deployed(bundle.files, account)) == [f"role {ROLE}: it is not there"]


def test_a_link_that_was_changed(account: Session) -> None:
    """Another ID in the link's place is a difference of the trust policy, whoever's it is, and is not shown."""
    role = build(VENDOR, slots_of(VENDOR, TENANT))
    _stack(account, hosted_template(VENDOR, "aws"), link_parameters(role) | {"ExternalId": ANOTHER})
    found = compare_deployed(_bundle().files, account)
    (difference,) = _said(found)
    assert difference == (
        "role.trust: it was changed: statement 1 lets the vendor in with an external ID that is not the tenant's but"
        " stands in the policy; it does not let in the vendor with the bundle's external ID"
    )
    assert [one.kind for one in found.access_paths] == ["second-id"]
    assert ANOTHER not in str(found)


def _json(session: Session, bundle: Bundle) -> None:
    """The role as the README's commands for JSON make it, with another path and boundary than the bundle's."""
    text = {path: content.decode() for path, content in bundle.files.items() if path.startswith("json/")}
    more = {"Path": "/own/", "PermissionsBoundary": BOUNDARY}
    described = {**json.loads(text["json/role.json"]), **more}
    session.call("iam", "create_role", **described, AssumeRolePolicyDocument=text["json/trust-policy.json"])
    # The role may read itself, by its path.
    document = text["json/access-policy.json"].replace("/vendors/", "/own/")
    own = {"PolicyName": f"{ROLE}-access", "PolicyDocument": document}
    arn = session.call("iam", "create_policy", **own, Path="/own/")["Policy"]["Arn"]
    for one in (arn, *json.loads(text["json/managed-policy-arns.json"])):
        session.call("iam", "attach_role_policy", RoleName=ROLE, PolicyArn=one)


def test_a_role_without_a_stack(account: Session) -> None:
    """A role made from the JSON files is the same; its path and boundary are only reported."""
    bundle = _bundle()
    _json(account, bundle)
    found = compare_deployed(bundle.files, account)
    assert (found.stack, found.stack_status, found.template, found.template_version) == ("", "", "none", 1)
    assert (found.role_arn.split(":role")[1], found.boundary) == (f"/own/{ROLE}", BOUNDARY)
    assert found.differences == ()


Change = Callable[[Session], object]


def _trust(session: Session, **fields: object) -> dict[str, Any]:
    """The live trust policy with fields of its statement replaced."""
    document = session.call("iam", "get_role", RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    return {**document, "Statement": [{**document["Statement"][0], **fields}]}


def _set_trust(session: Session, document: Mapping[str, Any]) -> None:
    session.call("iam", "update_assume_role_policy", RoleName=ROLE, PolicyDocument=json.dumps(document))


def _new_version(session: Session) -> None:
    arn = _policy_arn(session)
    session.call("iam", "create_policy_version", PolicyArn=arn, PolicyDocument=json.dumps(READS), SetAsDefault=True)


def _put(name: str, document: Mapping[str, Any]) -> Change:
    body = json.dumps(document)
    return lambda session: session.call("iam", "put_role_policy", RoleName=ROLE, PolicyName=name, PolicyDocument=body)


def _on_role(operation: str, **parameters: Any) -> Change:
    return lambda session: session.call("iam", operation, RoleName=ROLE, **parameters)


def _own_extra(session: Session) -> None:
    made = {"PolicyName": "theirs", "PolicyDocument": json.dumps(READS)}
    arn = session.call("iam", "create_policy", **made)["Policy"]["Arn"]
    session.call("iam", "attach_role_policy", RoleName=ROLE, PolicyArn=arn)


BEFORE = "from before its date may do nothing"
REVOKES = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"]} | {
    "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-11-21T00:00:00Z"}}
}
BY_HAND: dict[str, tuple[Change, str]] = {
    "inline policy": (_put("theirs", READS), f"policies.theirs: this inline policy was put there by hand; {UNSEEN}"),
    "sessions revoked": (
        _put("AWSRevokeOlderSessions", {**READS, "Statement": [REVOKES]}),
        f"policies.AWSRevokeOlderSessions: someone revoked the role's sessions: those {BEFORE}; {UNSEEN}",
    ),
    "no revocation, only its name": (
        _put("AWSRevokeOlderSessions", READS),
        f"policies.AWSRevokeOlderSessions: this inline policy was put there by hand; {UNSEEN}",
    ),
    "AWS managed policy": (
        _on_role("attach_role_policy", PolicyArn=ADMIN),
        f"policies.AdministratorAccess: {ADMIN} was attached by hand; {UNSEEN}",
    ),
    "customer managed policy": (
        _own_extra,
        f"policies.theirs: arn:aws:iam::ACCOUNT:policy/theirs was attached by hand; {UNSEEN}",
    ),
    "own policy detached": (
        lambda session: _on_role("detach_role_policy", PolicyArn=_policy_arn(session))(session),
        f"policies.{ROLE}-access: it is not on the role",
    ),
    "AWS's policy detached": (
        _on_role("detach_role_policy", PolicyArn="arn:aws:iam::aws:policy/SecurityAudit"),
        "policies.SecurityAudit: it is not on the role",
    ),
    "new default version": (
        _new_version,
        f"policies.{ROLE}-access: it was changed: it also has s3:GetObject; it lacks ",
    ),
    "longer sessions": (
        _on_role("update_role", MaxSessionDuration=43200),
        "role.max-session: it is 43200 seconds, not 7200",
    ),
    "description": (
        _on_role("update_role_description", Description="Trust me"),
        "role.description: it is 'Trust me'",
    ),
    "tag removed": (_on_role("untag_role", TagKeys=["owner"]), "role.tags: tag owner is missing"),
    "tag changed": (
        _on_role("tag_role", Tags=[{"Key": "deputize:tenant", "Value": "bolt"}]),
        "role.tags: tag deputize:tenant is 'bolt', not 'acme'",
    ),
    "boundary added": (
        _on_role("put_role_permissions_boundary", PermissionsBoundary=BOUNDARY),
        f"role.boundary: it is {BOUNDARY}, not none as the stack's parameter says",
    ),
}


@pytest.mark.parametrize(("change", "said"), BY_HAND.values(), ids=BY_HAND)
def test_each_change_by_hand(account: Session, change: Change, said: str) -> None:
    """Exactly one difference, with its place and a mend, and no external ID in it."""
    bundle = _bundle()
    _console(account, bundle)
    change(account)
    found = compare_deployed(bundle.files, account)
    (difference,) = _said(found)
    assert difference.startswith(said.replace("ACCOUNT", account.caller().account_id))
    assert found.differences[0].mend
    assert ID not in str(found)
    assert ANOTHER not in str(found)


EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
WAYS_IN: dict[str, tuple[dict[str, Any], list[dict[str, Any]], str]] = {
    "no condition": (
        {"Condition": {}},
        [],
        "statement 1 lets the vendor in without an external ID; statement 1 lets the vendor in with an external ID",
    ),
    "any ID": (
        {"Condition": {"StringLike": {"sts:ExternalId": "*"}}},
        [],
        "statement 1 lets the vendor in with an external ID that is not the tenant's",
    ),
    "another ID too": (
        {"Condition": {"StringEquals": {"sts:ExternalId": [ID, ANOTHER]}}},
        [],
        "statement 1 lets the vendor in with an external ID that is not the tenant's but stands in the policy",
    ),
    "ID need not be sent": (
        {"Condition": {"StringEqualsIfExists": {"sts:ExternalId": ID}}},
        [],
        "statement 1 lets the vendor in without an external ID",
    ),
    "everybody": ({}, [EVERYBODY], "statement 2 lets in anyone: an account that it does not name; "),
    "another account": (
        {},
        [{**EVERYBODY, "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}],
        "statement 2 lets in an account that is not the vendor's; it names arn:aws:iam::999999999999:root",
    ),
    "a service": (
        {"Principal": {"Service": "ec2.amazonaws.com"}, "Condition": {}},
        [],
        "statement 1 lets in an AWS service; it does not let in the vendor with the bundle's external ID",
    ),
    "anyone of the vendor's account": (
        {"Condition": {"StringEquals": {"sts:ExternalId": ID}}},
        [],
        "statement 1 lets in somebody of the vendor's account who is none of the vendor's roles",
    ),
}


def test_who_gets_in_is_said_before_what_differs(account: Session) -> None:
    """Each way in that the live trust leaves open is proved and named, once, and with no external ID."""
    named = replace(VENDOR, accounts=(replace(VENDOR.accounts[0], roles=("arn:aws:iam::111122223333:role/reader",)),))
    bundles = {False: _bundle(), True: _bundle(named)}
    _console(account, bundles[False])
    for name, (fields, more, said) in WAYS_IN.items():
        changed = _trust(account, **json.loads(bundles[False].files["json/trust-policy.json"])["Statement"][0] | fields)
        _set_trust(account, {**changed, "Statement": [*changed["Statement"], *more]})
        found = compare_deployed(bundles[name == "anyone of the vendor's account"].files, account)
        (trust,) = (one for one in found.differences if one.where == "role.trust")
        assert trust.what.startswith(f"it was changed: {said}"), name
        assert found.access_paths, name
        assert ID not in str(found), name
        assert ANOTHER not in str(found), name


def test_a_trust_that_lets_in_nobody_else(account: Session) -> None:
    """Narrower, or not understood, it is a difference; no way in is claimed that is not proved."""
    bundle = _bundle()
    _console(account, bundle)
    (own,) = json.loads(bundle.files["json/trust-policy.json"])["Statement"]
    safe = {**own["Condition"], "Bool": {"aws:SecureTransport": "true"}}
    strange = {"AWS": [own["Principal"]["AWS"], "AIDACKCEVSQ6C2EXAMPLE"]}
    for fields, said in (
        ({"Condition": safe}, "its actions or conditions differ, and it lets in nobody else"),
        ({"Principal": strange}, "it names AIDACKCEVSQ6C2EXAMPLE"),
    ):
        _set_trust(account, _trust(account, **{**own, **fields}))
        found = compare_deployed(bundle.files, account)
        (difference,) = _said(found)
        assert difference.startswith(f"role.trust: it was changed: {said}")
        assert found.access_paths == ()


def test_inline_policies(account: Session) -> None:
    """A bundle with inline policies: clean, then one changed, then it is gone."""
    bundle = _bundle(INLINE)
    _console(account, bundle)
    assert compare_deployed(bundle.files, account).differences == ()
    _put(f"{ROLE}-access", READS)(account)
    (changed,) = _said(compare_deployed(bundle.files, account))
    assert changed.startswith(f"policies.{ROLE}-access: it was changed: it also has s3:GetObject; it lacks ")
    _on_role("delete_role_policy", PolicyName=f"{ROLE}-access")(account)
    assert _said(compare_deployed(bundle.files, account)) == [f"policies.{ROLE}-access: it is not on the role"]


def test_meaning_counts_and_not_the_form(account: Session) -> None:
    """A trust policy and an access policy written otherwise, with the same meaning, are no difference."""
    bundle = _bundle()
    _console(account, bundle)
    document = _trust(account, Action=["sts:AssumeRole"], Condition={"StringEquals": {"sts:ExternalId": [ID, ID]}})
    (statement,) = document["Statement"]
    del statement["Sid"]
    _set_trust(account, document)
    access = json.loads(bundle.files["json/access-policy.json"])
    access["Statement"].reverse()
    for number, statement in enumerate(access["Statement"]):
        statement["Sid"] = f"Other{number}"
        statement["Action"] = (
            [*reversed(statement["Action"])] if isinstance(statement["Action"], list) else statement["Action"]
        )
    asked = {"PolicyArn": _policy_arn(account), "PolicyDocument": json.dumps(access, indent=2), "SetAsDefault": True}
    account.call("iam", "create_policy_version", **asked)
    assert compare_deployed(bundle.files, account).differences == ()


def test_a_stack_of_another_version(account: Session) -> None:
    """The version is one difference; what another template made otherwise is mended by deploying."""
    bundle = _bundle()
    template = bundle.files["cloudformation/role.yaml"].replace(b"7200", b"3600")
    _stack(
        account,
        template.replace(
            b'"deputize:template-version"\n          Value: "1"', b'"deputize:template-version"\n          Value: "7"'
        ).replace(b'Value: "1"', b'Value: "7"'),
    )
    found = compare_deployed(bundle.files, account)
    assert (found.template, found.template_version) == ("differs", 7)
    assert _said(found) == [
        "stack.template: it is of template version 7, the bundle of 1",
        "role.max-session: it is 3600 seconds, not 7200",
    ]
    assert {one.mend for one in found.differences} == {"deploy this bundle, then inspect again"}


def test_a_template_that_nobody_made(account: Session) -> None:
    """A template edited by hand is a difference though the role is the same, and so is what it adds."""
    bundle = _bundle()
    _stack(account, bundle.files["cloudformation/role.yaml"].replace(b"Give this ARN", b"Do not give this ARN"))
    found = compare_deployed(bundle.files, account)
    assert found.template == "differs"
    assert _said(found) == ["stack.template: it is neither the bundle's nor the vendor's one-click template"]


def test_a_role_that_was_deleted(account: Session) -> None:
    """The stack is there and its role is not: that is the one difference."""
    bundle = _bundle(INLINE)
    _console(account, bundle)
    _on_role("delete_role_policy", PolicyName=f"{ROLE}-access")(account)
    _on_role("delete_role")(account)
    found = compare_deployed(bundle.files, account)
    assert (found.stack, found.role_arn, found.template) == (ROLE, "", "same")
    assert _said(found) == [f"role {ROLE}: it is not there"]


def test_another_tenants_stack(account: Session) -> None:
    """A stack of that name which is another tenant's is named as that, and nothing of it is compared."""
    other = _bundle(tenant=replace(TENANT, slug="bolt", external_ids=(ANOTHER,)))
    _console(account, other)
    found = compare_deployed(_bundle().files, account)
    assert found.stack == ""
    assert _said(found) == [
        f"stack {ROLE}: it is not tenant acme's of vendor example, by its tags and outputs",
        f"role {ROLE}: it is not there",
    ]
    assert ANOTHER not in str(found)


def _as_aws_does(session: Session, operation: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what CloudFormation answered, where the embedded AWS does otherwise than AWS."""
    event = f"after-call.cloudformation.{operation}"
    session.client("cloudformation").meta.events.register(event, lambda parsed, **_more: change(parsed))


def test_a_template_with_letters_that_aws_loses(account: Session) -> None:
    """GetTemplate answers with question marks for a name in Japanese; the template is the same, and others are not."""
    bundle = _bundle()
    _console(account, bundle)

    def lose(answer: dict[str, Any]) -> None:
        body = answer["TemplateBody"]
        assert not body.isascii()
        answer["TemplateBody"] = body.encode("ascii", "replace").decode().rstrip("\n")

    _as_aws_does(account, "GetTemplate", lose)
    assert compare_deployed(bundle.files, account).template == "same"
    renamed = _bundle(tenant=replace(TENANT, name="ボルト — Bolt"))
    assert compare_deployed(renamed.files, account).template == "differs"


def test_a_stack_that_is_stuck(account: Session) -> None:
    """A stack in a state that needs somebody's hand is a difference by itself."""
    bundle = _bundle()
    _console(account, bundle)
    _as_aws_does(
        account, "DescribeStacks", lambda found: found["Stacks"][0].update(StackStatus="UPDATE_ROLLBACK_FAILED")
    )
    found = compare_deployed(bundle.files, account)
    assert (found.stack_status, _said(found)) == (
        "UPDATE_ROLLBACK_FAILED",
        [f"stack {ROLE}: it is in state UPDATE_ROLLBACK_FAILED"],
    )
    assert found.differences[0].mend.startswith(f"aws cloudformation continue-update-rollback --stack-name {ROLE}")


@dataclass(frozen=True)
class Elsewhere:
    """An account that cannot be the tenant's, and what is said of it."""

    vendor: Vendor
    tenant: Tenant
    said: str


ELSEWHERE = {
    "agreed": Elsewhere(
        VENDOR, replace(TENANT, account_id="999999999999"), "the account of tenant acme is 999999999999"
    ),
    "vendor": Elsewhere(VENDOR, TENANT, "it is the vendor's own, and a role there would let the vendor into itself"),
    "partition": Elsewhere(
        replace(VENDOR, accounts=(VendorAccount("aws-cn", "111122223333"),)),
        replace(TENANT, partition="aws-cn"),
        "us-east-1 is in partition aws, the bundle is for aws-cn",
    ),
}


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_an_account_that_cannot_be_the_tenants(kind: str, aws: EmbeddedAws, account: Session) -> None:
    """Another account than the agreed one, the vendor's own, and another partition are refused before any reading."""
    place = ELSEWHERE[kind]
    session = aws.root("111122223333") if kind == "vendor" else account
    with pytest.raises(ServiceError) as refused:
        compare_deployed(_bundle(place.vendor, place.tenant).files, session)
    assert place.said in str(refused.value)


@pytest.mark.parametrize("vendor", [VENDOR, INLINE], ids=["managed", "inline"])
def test_the_deployer_policy_is_enough(vendor: Vendor, account: Session) -> None:
    """A user with json/deployer-policy.json and nothing else finds no difference, with no call but those in ACTIONS."""
    # Of a role with a path the embedded AWS asks by another ARN; tests/model/test_deployer.py judges those.
    bundle = _bundle(replace(vendor, role=RoleSpec()))
    _console(account, bundle)
    key = create_user(account, "deployer", json.loads(bundle.files["json/deployer-policy.json"]))
    user, asked = account.acting_as(key), set()

    def note(model: Any, **_more: Any) -> None:
        asked.add(f"{model.service_model.service_name}:{model.name}")

    for service in ("cloudformation", "iam", "sts"):
        user.client(service).meta.events.register("before-parameter-build", note)
    assert compare_deployed(bundle.files, user).differences == ()
    # What others attached is outside of that policy, and is named all the same.
    _own_extra(account)
    _put("AWSRevokeOlderSessions", {**READS, "Statement": [REVOKES]})(account)
    found = compare_deployed(bundle.files, user)
    assert [one.where for one in found.differences] == ["policies.AWSRevokeOlderSessions", "policies.theirs"]
    assert "revoked" in found.differences[0].what
    assert asked == (ACTIONS if vendor is VENDOR else ACTIONS - {"iam:GetPolicy", "iam:GetPolicyVersion"})


UNREAD = {
    "cloudformation:DescribeStacks": [f"stack {ROLE}"],
    "cloudformation:GetTemplate": ["stack.template"],
    "iam:GetRole": [f"role {ROLE}"],
    "iam:ListRolePolicies": ["policies"],
    "iam:ListAttachedRolePolicies": ["policies"],
    "iam:GetPolicy": [f"policies.{ROLE}-access"],
    "iam:GetPolicyVersion": [f"policies.{ROLE}-access"],
    "iam:GetRolePolicy": [f"policies.{ROLE}-access"],
}


@pytest.mark.parametrize("denied", UNREAD)
def test_what_could_not_be_read_is_a_difference(denied: str, account: Session) -> None:
    """Whatever may not be asked is said to be unread, and is never taken for the same."""
    bundle = _bundle(INLINE if denied == "iam:GetRolePolicy" else VENDOR)
    _console(account, bundle)
    allow = {"Effect": "Allow", "Action": sorted(ACTIONS - {denied}), "Resource": "*"}
    user = account.acting_as(create_user(account, "reader", {"Version": "2012-10-17", "Statement": [allow]}))
    found = compare_deployed(bundle.files, user)
    assert [one.where for one in found.differences] == UNREAD[denied]
    assert all(one.what.startswith("it could not be read: ") for one in found.differences)


@pytest.fixture(scope="module")
def moto() -> Iterator[Session]:
    """An account on moto, which keeps the boundary that CloudFormation gives."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        yield Session(AwsOptions(None, "us-east-1", url), "0", Credentials("testing", "testing"))
    finally:
        server.stop()


def test_a_boundary_that_was_taken_off(moto: Session) -> None:
    """The boundary that the stack's parameter names is missed when it is gone."""
    bundle = _bundle(INLINE)
    parameters = [{"ParameterKey": "PermissionsBoundary", "ParameterValue": BOUNDARY}]
    body = bundle.files["cloudformation/role.yaml"].decode()
    asked = {"StackName": ROLE, "TemplateBody": body, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    moto.call("cloudformation", "create_stack", **asked, Parameters=parameters)

    def said() -> list[str]:
        return [one for one in _said(compare_deployed(bundle.files, moto)) if one.startswith("role.boundary")]

    assert said() == []
    moto.call("iam", "delete_role_permissions_boundary", RoleName=ROLE)
    assert said() == [f"role.boundary: it is none, not {BOUNDARY} as the stack's parameter says"]
    assert isinstance(moto.try_call("iam", "get_role", ("NoSuchEntity",), RoleName="another"), Refusal)

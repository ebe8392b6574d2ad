"""`lint --own-account`: which accounts are one's own, what is never one's own, and what the report says was waived."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deputize.cli.app import app

VENDOR, OWN, STRANGER = "111122223333", "777788889999", "444455556666"


def _template(principal: str, parameters: str = "", name: str = "") -> str:
    role_name = f"RoleName: {name}, " if name else ""
    trust = f"Statement: [{{Effect: Allow, Principal: {{AWS: {principal}}}, Action: 'sts:AssumeRole'}}]"
    document = f"AssumeRolePolicyDocument: {{Version: '2012-10-17', {trust}}}"
    role = f"{{Type: 'AWS::IAM::Role', Properties: {{{role_name}{document}}}}}"
    return f"Parameters: {{{parameters}}}\nResources: {{R: {role}}}\n"


PARAMETER = _template("!Ref Account", "Account: {Type: String}")


def _lint(tmp_path: Path, text: str, *options: str) -> tuple[int, dict[str, Any]]:
    file = tmp_path / "role.yaml"
    file.write_text(text, encoding="utf-8")
    given = [one.replace("FILE", str(file)) for one in options]
    run = CliRunner().invoke(app, ["lint", str(file), *given, "--engines", "own", "--format", "json"])
    return run.exit_code, json.loads(run.stdout)


@pytest.mark.parametrize(
    "principal",
    [
        OWN,
        f"'arn:aws:iam::{OWN}:root'",
        f"'arn:aws:iam::{OWN}:role/deployer'",
        f"'arn:aws-cn:iam::{OWN}:user/team/someone'",
    ],
)
def test_an_account_of_ones_own(tmp_path: Path, principal: str) -> None:
    """Whoever is of an account that the caller says is his own is no third party; the report tells that he said so."""
    assert _lint(tmp_path, _template(principal))[0] == 4
    code, found = _lint(tmp_path, _template(principal), "--own-account", OWN)
    assert (code, found["findings"]) == (0, [])
    (waived,) = found["waived"]
    assert (waived["role"], waived["line"], waived["by"]) == ("R", 2, f"--own-account {OWN}")
    assert _lint(tmp_path, _template(principal), "--own-account", STRANGER)[0] == 4


@pytest.mark.parametrize(
    ("principal", "parameters"),
    [
        ("!Ref Account", "Account: {Type: String}"),
        ("!Sub 'arn:aws:iam::${Account}:root'", "Account: {Type: String, Default: ''}"),
        ("!Sub 'arn:aws:iam::${Account}:role/x'", f"Account: {{Type: Number, Default: {OWN}}}"),
        ("!Ref Account", f"Account: {{Type: CommaDelimitedList, Default: '{OWN}, {STRANGER}'}}"),
        ("!Ref Account", f"Account: {{Type: String, AllowedValues: ['{OWN}', '{STRANGER}']}}"),
    ],
)
def test_a_parameter_of_ones_own(tmp_path: Path, principal: str, parameters: str) -> None:
    """A parameter of the very file, whatever accounts it offers."""
    text = _template(principal, parameters)
    code, found = _lint(tmp_path, text, "--own-account", "FILE:Account")
    assert code == 0, found["findings"]
    assert found["waived"][0]["by"].endswith("role.yaml:Account")


@pytest.mark.parametrize(
    ("parameters", "options"),
    [
        (f"Account: {{Type: String, Default: '{VENDOR}'}}", ("--expect-vendor", VENDOR)),
        (f"Account: {{Type: String, AllowedValues: ['{OWN}', '{VENDOR}']}}", ("--expect-vendor", VENDOR)),
        ("Account: {Type: String, Default: '*'}", ()),
        ("Account: {Type: String, AllowedValues: ['*', '777788889999']}", ()),
    ],
)
def test_a_parameter_that_offers_others(tmp_path: Path, parameters: str, options: tuple[str, ...]) -> None:
    """A parameter that offers the expected vendor, or anybody, is nobody's own."""
    text = _template("!Ref Account", parameters)
    code, found = _lint(tmp_path, text, "--own-account", "FILE:Account", *options)
    assert (code, found["waived"]) == (4, [])


@pytest.mark.parametrize(
    "options",
    [
        ("--own-account", VENDOR, "--expect-vendor", VENDOR),
        ("--own-account", "FILE:Account", "--parameter", f"Account={VENDOR}", "--expect-vendor", VENDOR),
        ("--own-account", "12345"),
        ("--own-account", "FILE:"),
        ("--own-account", ""),
    ],
)
def test_what_can_never_be_ones_own(tmp_path: Path, options: tuple[str, ...]) -> None:
    """The expected vendor's account, and what is none, is a wrong option."""
    code, found = _lint(tmp_path, PARAMETER, *options)
    assert code == 2
    assert "--own-account" in json.dumps(found)


def test_the_configuration_says_it_too(tmp_path: Path) -> None:
    """In --config each has a reason, and the report names the line; a vendor's account is refused there."""
    config = tmp_path / "deputize.yaml"
    config.write_text(f"own_accounts:\n  - {{account: '{OWN}', reason: our audit account}}\n", encoding="utf-8")
    code, found = _lint(tmp_path, _template(OWN), "--config", str(config))
    assert code == 0
    assert found["waived"][0]["by"] == f"{config}:2 (our audit account)"
    code, found = _lint(tmp_path, _template(OWN), "--config", str(config), "--expect-vendor", OWN)
    assert code in (2, 3)
    assert f"{config}:2" in json.dumps(found)


@pytest.mark.parametrize("text", ["own_accounts: [{account: '777788889999'}]", "own_accounts: [{reason: x}]"])
def test_an_entry_of_the_configuration_is_whole(tmp_path: Path, text: str) -> None:
    """Neither the account nor the reason can be left out."""
    config = tmp_path / "deputize.yaml"
    config.write_text(text, encoding="utf-8")
    assert _lint(tmp_path, PARAMETER, "--config", str(config))[0] == 3


def test_a_parameter_that_no_file_has_is_told(tmp_path: Path) -> None:
    """A mistyped file or parameter is an error, not silence."""
    for option in ("FILE:Acount", "other.yaml:Account"):
        code, found = _lint(tmp_path, PARAMETER, "--own-account", option)
        assert code == 4
        assert any("no judged file has such a parameter" in one["message"] for one in found["findings"])


def test_the_report_ends_with_what_was_waived(tmp_path: Path) -> None:
    """For people: the place, the role, whom it trusts, and by which option."""
    file = tmp_path / "role.yaml"
    file.write_text(PARAMETER, encoding="utf-8")
    option = f"{file}:Account"
    run = CliRunner().invoke(app, ["lint", str(file), "--own-account", option, "--engines", "own"])
    line = next(one for one in run.stdout.splitlines() if "waived: role" in one)
    assert line == f"{file}:2: waived: role R trusts '${{Account}}': no third party by --own-account {option}"


def test_how_to_say_it_is_told(tmp_path: Path) -> None:
    """The finding about a parameter without a value names the option as it would be taken; else it does not."""
    message = next(
        one["message"] for one in _lint(tmp_path, PARAMETER)[1]["findings"] if one["rule"] == "trust-account-unproved"
    )
    option = message.partition("say --own-account ")[2]
    assert _lint(tmp_path, PARAMETER, "--own-account", option)[0] == 0
    with_default = _template("!Ref Account", f"Account: {{Type: String, Default: '{STRANGER}'}}")
    assert "--own-account" not in json.dumps(_lint(tmp_path, with_default)[1])


@pytest.mark.parametrize(
    ("name", "principal"),
    [
        ("OrganizationAccountAccessRole", f"'arn:aws:iam::{STRANGER}:root'"),
        ("AWSCloudFormationStackSetExecutionRole", STRANGER),
        ("", f"'arn:aws:iam::{STRANGER}:role/AWSCloudFormationStackSetAdministrationRole'"),
    ],
)
def test_no_advice_that_would_break_aws_tools(tmp_path: Path, name: str, principal: str) -> None:
    """A literal account behind a name of AWS's is an error, but no external ID is asked for: nobody would send it."""
    code, found = _lint(tmp_path, _template(principal, name=name))
    (error,) = [one for one in found["findings"] if one["severity"] == "error"]
    assert (code, error["rule"]) == (4, "external-id-missing")
    assert f"say --own-account {STRANGER}" in error["mend"]
    assert "sts:ExternalId" not in error["mend"]

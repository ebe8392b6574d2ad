"""The Python API: silent, lazy, thread-safe, problems as values."""

from __future__ import annotations

import json
import pkgutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from inspect import Parameter, isfunction, signature
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

import deputize
from deputize.model.profiles import AccessStatement
from deputize.model.spec import AccessSpec, RoleSpec, Vendor, VendorAccount
from deputize.model.text import english

ID = "7d4c0b9e-2f7a-4f0e-9f57-0a5d8f2f6c11"
ACCOUNT = VendorAccount("aws", "111122223333", ("arn:aws:iam::111122223333:role/collector",))
VENDOR = Vendor("example-corp", english("Example Corp"), (ACCOUNT,))


def tenant(number: int = 0) -> deputize.Tenant:
    """One of many tenants of one shape."""
    return deputize.Tenant(f"tenant-{number}", (f"7d4c0b9e-2f7a-4f0e-9f57-{number:012}",))


def test_every_public_name_is_there() -> None:
    """Each name of __all__ can be had, from the package itself, and dir() shows it."""
    for name in deputize.__all__:
        assert getattr(deputize, name) is not None
        assert name in dir(deputize)


def test_no_public_name_is_a_rooms_name() -> None:
    """Importing a room sets it as an attribute of the package, which must not take a public name's place."""
    rooms = {one.name for one in pkgutil.iter_modules(deputize.__path__)}
    assert rooms & set(deputize.__all__) == set()


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that is not there fails as in any module."""
    with pytest.raises(AttributeError):
        getattr(deputize, "nothing_of_the_kind")  # noqa: B009


def test_a_bundle_is_written_zipped_and_clean(tmp_path: Path) -> None:
    """write() puts the files into a folder named after the tenant, zip_bytes() the same ones into an archive."""
    bundle = deputize.render(VENDOR, tenant())
    folder = bundle.write(tmp_path)
    assert folder == tmp_path / "tenant-0"
    on_disk = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert on_disk == dict(bundle.files)
    archive = zipfile.ZipFile(BytesIO(bundle.zip_bytes()))
    assert {name: archive.read(name) for name in archive.namelist()} == {
        f"tenant-0/{path}": data for path, data in bundle.files.items()
    }
    assert not deputize.lint(bundle).failed
    assert not deputize.lint(folder).failed


def test_render_many_is_lazy() -> None:
    """Tenants are asked for one by one, and nothing is rendered before it is wanted."""
    asked = []

    def tenants() -> Iterator[deputize.Tenant]:
        for number in range(3):
            asked.append(number)
            yield tenant(number)

    bundles = deputize.render_many(VENDOR, tenants())
    assert asked == []
    assert next(bundles).tenant == "tenant-0"
    assert asked == [0]


def test_threads_render_the_same_bytes() -> None:
    """Eight threads that render at once give what one gives."""
    alone = [dict(deputize.render(VENDOR, tenant(number)).files) for number in range(40)]
    fresh = Vendor("example-corp", english("Example Corp"), (ACCOUNT,), access=AccessSpec(profile="inventory"))
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda number: dict(deputize.render(VENDOR, tenant(number)).files), range(40)))
        shapes = set(pool.map(lambda number: deputize.render(fresh, tenant(number)).files["access.json"], range(8)))
    assert together == alone
    assert len(shapes) == 8


def test_all_problems_come_as_values() -> None:
    """A wrong tenant raises once, with every problem in `.problems`."""
    with pytest.raises(deputize.InputError) as raised:
        deputize.render(VENDOR, deputize.Tenant("A B", ("x",), partition="aws-mars"))
    assert [problem.where for problem in raised.value.problems] == [
        "tenant: tenant",
        "tenant: partition",
        "tenant: external_id",
    ]


def test_a_write_is_never_rendered() -> None:
    """A vendor whose access is not proved to read gets a LintError that names the action."""
    wide = AccessStatement("Stop", ("ec2:StopInstances",), ("*",), english("To stop them."))
    vendor = Vendor("example-corp", english("Example Corp"), (ACCOUNT,), access=AccessSpec(statements=(wide,)))
    with pytest.raises(deputize.LintError, match="ec2:StopInstances"):
        deputize.render(vendor, tenant())


def test_warnings_come_with_the_bundle() -> None:
    """A guessable external ID is a warning on the bundle, and an error in a strict lint."""
    bundle = deputize.render(VENDOR, deputize.Tenant("a-company", ("12345",)))
    assert [finding.rule for finding in bundle.findings if finding.severity == "warning"] == ["external-id-weak"]
    assert not deputize.lint(bundle).failed
    assert deputize.lint(bundle, strict=True).failed


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """Rendering and judging say nothing by themselves."""
    deputize.lint(deputize.render(VENDOR, tenant()))
    assert capfd.readouterr() == ("", "")


def test_ways_in_are_found_for_a_vendor() -> None:
    """The bundle's own trust policy has no way in but the asked one; without its condition there is one for anybody."""
    bundle = deputize.render(VENDOR, tenant())
    policy = json.loads(bundle.files["json/trust-policy.json"])
    ids = (tenant().external_ids[0],)
    assert deputize.find_access_paths(policy, VENDOR, ids) == ()
    del policy["Statement"][0]["Condition"]
    assert "no-id" in {way.kind for way in deputize.find_access_paths(policy, VENDOR, ids)}
    decision = deputize.evaluate_trust(policy, principal=ACCOUNT.roles[0])
    assert decision.outcome == "allow"
    with pytest.raises(deputize.InputError, match="no account"):
        deputize.find_access_paths(policy, VENDOR, ids, partition="aws-cn")


def test_a_vendor_made_in_python_is_checked_and_put_in_order() -> None:
    """A Vendor that no file was read for is held to the same rules, and the order of its lists changes no byte."""
    tags = (("b", "2"), ("a", "1"))
    unsorted = Vendor("example-corp", english("Example Corp"), (ACCOUNT,), RoleSpec(tags=tags))
    ordered = Vendor("example-corp", english("Example Corp"), (ACCOUNT,), RoleSpec(tags=tuple(sorted(tags))))
    assert dict(deputize.render(unsorted, tenant()).files) == dict(deputize.render(ordered, tenant()).files)
    assert not deputize.lint(deputize.render(unsorted, tenant())).failed
    wrong = Vendor("example-corp", english("Example Corp"), (ACCOUNT,), RoleSpec(path="/a b/"))
    with pytest.raises(deputize.InputError, match="has a space"):
        deputize.render(wrong, tenant())


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"role_arn": "a"},
        {"tenant": "a"},
        {"tenant": "a", "external_id": "b"},
        {"tenant": "a", "registry": "there.db", "duration": 900},
    ],
)
def test_a_session_is_asked_for_in_one_way(arguments: dict[str, Any]) -> None:
    """A role with its ID, or a tenant with its registry: anything else is refused before any call."""
    with pytest.raises(deputize.InputError, match="session"):
        deputize.session(**arguments)


def test_public_functions_name_every_option() -> None:
    """No public function takes options that its signature does not name."""
    functions = [one for name in deputize.__all__ if isfunction(one := getattr(deputize, name))]
    kinds = {parameter.kind for one in functions for parameter in signature(one).parameters.values()}
    assert functions
    assert kinds <= {Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY}

"""An older registry, brought up to date: nothing that was issued is lost, and nobody's grant stops."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

import postgres
from deputize.errors import DeputizeError, InputError
from deputize.registry import Grant, GrantRequest, State, add, decoy, events, find, grants, open_registry

TURKISH = "TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE '{}'"
GIVEN = "ISSUED-ID-0123456789-I"
ROW = (
    "INSERT INTO deputize_grants (tenant, label, name, locale, partition, account_id, state, external_id, rotation, "
    "generation, role_arn, role_account, role_name, endpoint, verified_at) VALUES (:tenant, :tenant, 'Ä', 'en', 'aws', "
    ":account, 'verified', :id, 'none', 1, :arn, :account, :tenant, 'aws', '2026-11-30T10:00:00.000Z')"
)


@pytest.fixture
def of_first_schema(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes a registry as the first schema was, with a verified grant for each ID."""

    def make(location: str, *ids: str) -> None:
        with monkeypatch.context() as old:
            for module in ("database", "migrate"):
                old.setattr(f"deputize.registry.{module}.HEAD", "0001")
            with open_registry(location, who="old", create=True) as registry, registry.writing() as tx:
                for number, external_id in enumerate(ids):
                    arn = f"arn:aws:iam::{number:012}:role/t{number}"
                    row = {"tenant": f"t{number}", "account": f"{number:012}", "id": external_id, "arn": arn}
                    tx.execute(text(ROW), row)
                    tx.execute(
                        text(
                            "INSERT INTO deputize_issued_ids (external_id, tenant, weak_reason, issued_at) "
                            "VALUES (:id, :tenant, '', '2026-11-30T10:00:00.000Z')"
                        ),
                        row,
                    )

    return make


def test_everything_issued_is_kept(location: str, of_first_schema: Callable[..., None]) -> None:
    """Each grant is what it was, no ID of the old registry is issued again in any case, and none can be changed."""
    ids = [f"Old-ID-{number:04}-abcdef" for number in range(300)]
    of_first_schema(location, *ids)
    with open_registry(location, who="new") as registry:
        found = grants(registry)
        assert sorted(grant.external_id for grant in found) == ids
        assert {grant.state for grant in found} == {State.VERIFIED}
        for taken in (ids[0], ids[7].upper(), ids[299].lower()):
            with pytest.raises(InputError, match="was issued before"):
                add(registry, GrantRequest("x", external_ids=(taken,)))
        assert decoy(registry) == decoy(registry)
        assert len(add(registry, GrantRequest("y")).external_id) == 36
        for change in ("UPDATE deputize_issued_ids SET external_id_key = 'x'", "DELETE FROM deputize_issued_ids"):
            with pytest.raises(DeputizeError, match="append-only"), registry.writing() as tx:
                tx.execute(text(change))


@pytest.mark.parametrize("locale", ["tr-TR", "az-AZ", "lt-LT", "en-US"])
def test_a_databases_own_case_rules_have_no_say(postgresql: Path, locale: str) -> None:
    """An ID is issued once whatever its case, also where the database lowers I to a dotless i."""
    with open_registry(postgres.new_database(postgresql, TURKISH.format(locale)), who="tester") as registry:
        add(registry, GrantRequest("acme", external_ids=(GIVEN,)))
        for number, again in enumerate((GIVEN.lower(), GIVEN.swapcase(), GIVEN.replace("I", "i", 1))):
            with pytest.raises(InputError, match="was issued before"):
                add(registry, GrantRequest(f"evil{number}", external_ids=(again,)))
        assert [grant.tenant for grant in grants(registry)] == ["acme"]


@pytest.mark.parametrize("locale", ["tr-TR", "az-AZ"])
def test_an_id_that_was_issued_twice(postgresql: Path, of_first_schema: Callable[..., None], locale: str) -> None:
    """Both tenants go on; the log tells the second, without the first's name or ID; nobody gets it a third time."""
    location = postgres.new_database(postgresql, TURKISH.format(locale))
    of_first_schema(location, GIVEN, GIVEN.lower(), "another-id-0123456789")
    with open_registry(location, who="new") as registry:
        assert [grant.external_id for grant in grants(registry)] == [GIVEN, GIVEN.lower(), "another-id-0123456789"]
        told = [(event.tenant, event.what) for event in events(registry)]
        assert told == [("t1", "issued-twice")]
        assert not any("t0" in event.detail or GIVEN in event.detail for event in events(registry))
        with pytest.raises(InputError, match="was issued before"):
            add(registry, GrantRequest("t3", external_ids=(GIVEN.swapcase(),)))


def test_upgraded_once(location: str, of_first_schema: Callable[..., None]) -> None:
    """Opening again changes nothing."""
    of_first_schema(location, "an-old-id-0123456789")

    def look() -> tuple[Grant, int]:
        with open_registry(location, who="new") as registry:
            return find(registry, "t0"), len(list(events(registry)))

    assert look() == look()

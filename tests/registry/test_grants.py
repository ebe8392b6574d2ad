from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from deputize.errors import InputError
from deputize.registry import (
    Grant,
    GrantRequest,
    Registry,
    State,
    add,
    add_all,
    decoy,
    events,
    find,
    find_label,
    grants,
    retire,
)

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
Make = Callable[..., Grant]


def refused(registry: Registry, asked: GrantRequest) -> str:
    """What is said when it is added."""
    with pytest.raises(InputError) as caught:
        add(registry, asked)
    return str(caught.value)


def test_each_grant_gets_a_random_id_of_its_own(registry: Registry, granted: Make) -> None:
    """Version-4 GUIDs, none twice, and nothing about the role yet."""
    made = [granted(f"tenant-{number}") for number in range(20)]
    assert len({grant.external_id for grant in made}) == 20
    assert all(GUID.fullmatch(grant.external_id) for grant in made)
    assert {grant.state for grant in made} == {State.UNVERIFIED}
    assert [grant.tenant for grant in grants(registry)] == sorted(grant.tenant for grant in made)


def test_issued_is_issued_for_ever(registry: Registry, granted: Make) -> None:
    """An ID is refused to everybody in any case, its own retired tenant included, and it is not said whose it was."""
    given = "Own-Id-0123456789"
    first = granted("a-company", external_ids=(given,))
    for tenant, external_id in (("b-company", given), ("b-company", given.upper()), ("c", given.lower())):
        said = refused(registry, GrantRequest(tenant, external_ids=(external_id,)))
        assert "was issued before" in said
        assert "a-company" not in said
    retire(registry, first)
    assert "was issued before" in refused(registry, GrantRequest("a-company", external_ids=(given.swapcase(),)))
    assert granted("a-company").external_id != given


def test_weak_id_needs_a_reason(registry: Registry, granted: Make) -> None:
    """An ID that can be guessed is taken with a reason only, which the log keeps."""
    said = refused(registry, GrantRequest("a-company", external_ids=("12345",)))
    assert "can be guessed" in said
    assert "--allow-weak" in said
    assert granted("a-company", external_ids=("12345",), weak_reason="the demo").external_id == "12345"
    assert "weak=the demo" in next(event.detail for event in events(registry, "a-company"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (GrantRequest("A Company"), "is no slug"),
        (GrantRequest("a", account_id="12345"), "account"),
        (GrantRequest("a", external_ids=("with space 123456",)), "STS refuses"),
        (GrantRequest("a", external_ids=("x" * 1225,)), "1225"),
        (GrantRequest("a", partition="aws-moon"), "unknown"),
        (GrantRequest("a", locale="fr"), "unknown"),
        (GrantRequest("a", name="two\nlines"), "control character"),
        (GrantRequest("a", share=True), "has no ID yet"),
    ],
)
def test_bad_input(registry: Registry, asked: GrantRequest, said: str) -> None:
    """Each is refused in words, and nothing is kept."""
    assert said in refused(registry, asked)
    assert grants(registry, retired=True) == []
    assert list(events(registry)) == []


def test_one_id_for_each_account(registry: Registry, granted: Make) -> None:
    """A second account is a grant with its own ID and its own bundle; sharing the ID must be said."""
    first = granted("a-company", "111111111111")
    second = granted("a-company", "222222222222")
    assert first.external_id != second.external_id
    assert (first.label, second.label) == ("a-company", "a-company-222222222222")
    assert "has 2 IDs to share" in refused(registry, GrantRequest("a-company", "333333333333", share=True))
    only = granted("b-company", "111111111111")
    assert granted("b-company", "222222222222", share=True).external_id == only.external_id
    assert "was issued before" in refused(
        registry, GrantRequest("c-company", "333333333333", external_ids=(only.external_id,), share=True)
    )


def test_a_grant_is_there_once(registry: Registry, granted: Make) -> None:
    """The same tenant and account are refused; a retired one makes room."""
    granted("a", "111111111111")
    granted("a", "222222222222")
    assert "is there" in refused(registry, GrantRequest("a", "222222222222"))
    retire(registry, find(registry, "a", "222222222222"))
    assert granted("a", "222222222222").label == "a-222222222222"


def test_find(registry: Registry, granted: Make) -> None:
    """By slug and account, never by label; several are an error that lists the accounts."""
    granted("a")
    second = granted("a", "222222222222")
    for account in (None, "222222222222", "none"):
        with pytest.raises(InputError, match="is not in the registry"):
            find(registry, "a-222222222222", account)
    assert find(registry, "a", "222222222222") == second
    assert find(registry, "a", "none").account_id is None
    with pytest.raises(InputError, match=r"2 grants \(accounts: 222222222222, none\)"):
        find(registry, "a")
    with pytest.raises(InputError, match="is not in the registry"):
        find(registry, "b")


def test_find_label(registry: Registry, granted: Make) -> None:
    """By the bundle's name alone, which is one grant's; a retired one has none."""
    first, second = granted("a"), granted("a", "222222222222")
    assert (find_label(registry, "a"), find_label(registry, "a-222222222222")) == (first, second)
    retire(registry, second)
    with pytest.raises(InputError, match="is not in the registry"):
        find_label(registry, "a-222222222222")


@pytest.mark.parametrize("gone", [False, True])
def test_a_slug_that_was_ever_a_label(registry: Registry, granted: Make, *, gone: bool) -> None:
    """Nobody gets the name of another tenant's bundle for a slug, also once that grant is retired."""
    granted("a", "111111111111")
    second = granted("a", "222222222222")
    if gone:
        retire(registry, second)
    assert "'a-222222222222' names another tenant" in refused(registry, GrantRequest("a-222222222222"))
    with pytest.raises(InputError, match="names another tenant"):
        add_all(registry, [GrantRequest("a-222222222222", "333333333333")])
    assert {grant.tenant for grant in grants(registry, retired=True)} == {"a"}


@pytest.mark.parametrize("left", [0, 1])
def test_a_label_that_was_ever_a_slug(registry: Registry, granted: Make, left: int) -> None:
    """No bundle gets another tenant's slug for a name, also when that tenant's first grant, or all, are retired."""
    first = granted("a-222222222222", "111111111111")
    kept = [granted("a-222222222222", f"33333333333{number}") for number in range(left)]
    retire(registry, first)
    granted("a", "111111111111")
    assert "'a-222222222222' names another tenant" in refused(registry, GrantRequest("a", "222222222222"))
    with pytest.raises(InputError, match="is not in the registry"):
        find(registry, "a-222222222222", "222222222222")
    assert [grant for grant in grants(registry) if grant.tenant != "a"] == kept


def test_a_tenants_own_names_come_again(registry: Registry, granted: Make) -> None:
    """A slug, and a label, of the same tenant's retired grant are free to it."""
    retire(registry, granted("a", "111111111111"))
    assert granted("a", "222222222222").label == "a"
    retire(registry, granted("a", "111111111111"))
    assert granted("a", "111111111111").label == "a-111111111111"


def test_add_all_is_all_or_none(registry: Registry, granted: Make) -> None:
    """One bad row and nothing is kept; every problem is listed with its place."""
    kept = granted("kept")
    rows = [
        GrantRequest("a", where="list:2"),
        GrantRequest("B", where="list:3"),
        GrantRequest("kept", external_ids=("another-id-0123456789",), where="list:4"),
    ]
    with pytest.raises(InputError) as caught:
        add_all(registry, rows)
    assert [problem.where.split(":")[1] for problem in caught.value.problems] == ["3", "4"]
    assert "never changes" in str(caught.value)
    assert grants(registry) == [kept]
    assert add_all(registry, [GrantRequest("a"), GrantRequest("kept", name="Kept, Inc.")]) == (1, 1)
    assert find(registry, "kept").name == "Kept, Inc."
    assert find(registry, "kept").external_id == kept.external_id


def test_decoy_is_nobodys(registry: Registry) -> None:
    """One reserved ID, the same each time, that no tenant can be given."""
    reserved = decoy(registry)
    assert decoy(registry) == reserved
    assert "was issued before" in refused(registry, GrantRequest("a", external_ids=(reserved,)))


def test_log_names_who_and_when(registry: Registry, granted: Make) -> None:
    """Every change is one line, oldest first."""
    retire(registry, granted("a", "111111111111"))
    log = list(events(registry, "a"))
    assert [(event.who, event.what, event.account_id) for event in log] == [
        ("tester", "added", "111111111111"),
        ("tester", "retired", "111111111111"),
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event.at) for event in log)

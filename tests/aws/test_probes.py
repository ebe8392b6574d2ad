"""What is tried in a round, and what rounds come to: by table, and for whatever answers there may be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deputize.aws.probes import Round, deciding, entrance, judge_rounds, plan_round
from deputize.iam import limits
from deputize.model.role_session import IN_USE
from deputize.model.values import ProbeResult, Safety

ID, FRESH, OTHER = "Acme-7d4c0b9e", "fresh-0001", "decoy-0001"
LONGEST = "a" * 1224
WRONG = ("random", "none", "other-case", "one-longer", "other")


def plan(*accepted: str, other: str | None = OTHER) -> dict[str, tuple[str | None, str]]:
    """External ID and reason for skipping of each probe, by name."""
    return {one.name: (one.external_id, one.skipped) for one in plan_round(accepted or (ID,), other, FRESH)}


def test_the_probes_of_a_round() -> None:
    """Right first and last; between them every near miss."""
    assert list(plan().items()) == [
        ("right-first", (ID, "")),
        ("random", (FRESH, "")),
        ("none", (None, "")),
        ("other-case", ("aCME-7D4C0B9E", "")),
        ("one-longer", (f"{ID}0", "")),
        ("other", (OTHER, "")),
        ("right-last", (ID, "")),
    ]


@pytest.mark.parametrize(
    ("accepted", "other", "name", "why"),
    [
        (("12345",), OTHER, "other-case", "it has no letters"),
        (("abc", "ABC"), OTHER, "other-case", "it is an accepted ID"),
        ((LONGEST,), OTHER, "one-longer", "it is as long as STS takes"),
        (("abc", "abc0"), OTHER, "one-longer", "it is an accepted ID"),
        ((ID, OTHER), OTHER, "other", "it is an accepted ID"),
        ((ID,), ID, "other", "it is an accepted ID"),
        ((ID,), "no valid ID", "other", "it is no valid ID"),
        ((ID,), None, "other", "none was given"),
    ],
)
def test_a_probe_that_says_nothing_is_not_applicable(
    accepted: tuple[str, ...], other: str | None, name: str, why: str
) -> None:
    """One that equals an accepted ID or is no valid one is skipped, with the reason; the others are not."""
    skipped = {probe: reason for probe, (_, reason) in plan(*accepted, other=other).items() if reason}
    assert skipped == {name: why}


def test_the_second_id_of_a_rotation_may_get_in() -> None:
    """It is tried, expected to get in, and no round hangs on it."""
    second = next(one for one in plan_round((ID, "second"), OTHER, FRESH) if one.name == "accepted-2")
    assert (second.external_id, second.expected) == ("second", "allow")
    refused = replace(made(CLEAN, 0), results=(*made(CLEAN, 0).results, ProbeResult("accepted-2", "allow", "refuse")))
    assert refused.clean


def test_session_names_are_what_sts_takes() -> None:
    """The customer's CloudTrail shows which probe it was, but for those that look exactly like use."""
    sessions = {one.name: one.session for one in plan_round((ID, "second"), OTHER, FRESH)}
    like_use = {name for name, session in sessions.items() if session == IN_USE}
    assert like_use == {"random", "none", "right-last"}
    names = [session.name for name, session in sessions.items() if name not in like_use]
    assert all(name.startswith("deputize-verify-") and limits.SESSION_NAME.admits(name) for name in names)
    assert len(set(names)) == len(names)


@given(st.lists(st.text("abAB01_+=,.@:/-", min_size=2, max_size=20), min_size=1, max_size=2))
def test_no_wrong_probe_is_ever_an_accepted_id(accepted: list[str]) -> None:
    """What is counted as wrong is legal, and is not right."""
    for probe in plan_round(accepted, accepted[-1], FRESH):
        if probe.expected == "refuse" and not probe.skipped and probe.external_id is not None:
            assert probe.external_id not in accepted
            assert limits.EXTERNAL_ID.admits(probe.external_id)


def made(answers: str, started: float) -> Round:
    """A round of answers: right, five wrong ones, right. A allow, R refuse, - no answer, n not applicable."""
    words = {"A": "allow", "R": "refuse", "-": "no-answer", "n": "not-applicable"}
    names = ("right-first", *WRONG, "right-last")
    return Round(
        started,
        tuple(
            ProbeResult(name, "allow" if "right" in name else "refuse", words[letter])
            for name, letter in zip(names, answers, strict=True)
        ),
    )


CLEAN, OPEN, SHUT, LOST = "ARRRRRA", "ARARRRA", "RRRRRRR", "A-RRRRA"
TABLE: dict[str, tuple[list[tuple[str, float]], float, Safety]] = {
    "two clean, 10 s apart": ([(CLEAN, 0), (CLEAN, 10)], 60, Safety.SAFE),
    "two clean, 9 s apart": ([(CLEAN, 0), (CLEAN, 9)], 60, Safety.UNSETTLED),
    "one clean": ([(CLEAN, 0)], 60, Safety.UNSETTLED),
    "one clean, short wait": ([(CLEAN, 0)], 9, Safety.SAFE),
    "nothing, short wait": ([], 9, Safety.UNREACHABLE),
    "probes not applicable": ([("ARRnnnA", 0), ("ARRnnnA", 10)], 60, Safety.SAFE),
    "all probes not applicable": ([("AnnnnnA", 0), ("AnnnnnA", 10)], 60, Safety.UNSETTLED),
    "opened at last": ([(CLEAN, 0), (CLEAN, 10), (OPEN, 20)], 60, Safety.VULNERABLE),
    "open in each place": ([("ARRRRAA", 0)], 60, Safety.VULNERABLE),
    "open, right refused": ([("RARRRRR", 0)], 60, Safety.VULNERABLE),
    "the right one in another case alone": ([("RRRARRR", 0)], 60, Safety.UNREACHABLE),
    "in another case alone, twice": ([("RRRARRR", 0), ("RRRARRR", 10)], 60, Safety.UNREACHABLE),
    "in another case, short wait": ([("RRRARRR", 0)], 0, Safety.UNREACHABLE),
    "in another case and as it is": ([("ARRARRA", 0)], 60, Safety.VULNERABLE),
    "in another case and as it is at last": ([("RRRARRA", 0)], 60, Safety.VULNERABLE),
    "in another case, and a wrong one": ([("RARARRR", 0)], 60, Safety.VULNERABLE),
    "in another case, and one longer": ([("RRRAARR", 0)], 60, Safety.VULNERABLE),
    "in another case, right without answer": ([("RRRARR-", 0)], 60, Safety.VULNERABLE),
    "taken in another case at last": ([(CLEAN, 0), (CLEAN, 10), ("RRRARRR", 20)], 60, Safety.UNSETTLED),
    "open, right without answer": ([("-ARRRR-", 0)], 60, Safety.VULNERABLE),
    "was open, then one clean": ([(OPEN, 0), (CLEAN, 10)], 60, Safety.UNSETTLED),
    "was open, then two clean": ([(OPEN, 0), (CLEAN, 10), (CLEAN, 20)], 60, Safety.SAFE),
    "open between clean ones": ([(CLEAN, 0), (OPEN, 10), (CLEAN, 20)], 60, Safety.UNSETTLED),
    "open with a fault between": ([(CLEAN, 0), ("A-ARRRA", 10), (CLEAN, 20)], 60, Safety.UNSETTLED),
    "fault between clean ones": ([(CLEAN, 0), (LOST, 10), (CLEAN, 20)], 60, Safety.SAFE),
    "fault at last": ([(CLEAN, 0), (CLEAN, 10), (LOST, 20)], 60, Safety.SAFE),
    "fault in each": ([(LOST, 0), (LOST, 10)], 60, Safety.UNSETTLED),
    "last right refused": ([(CLEAN, 0), ("ARRRRRR", 10)], 60, Safety.UNSETTLED),
    "last right without answer": ([(CLEAN, 0), ("ARRRRR-", 10)], 60, Safety.UNSETTLED),
    "settled late": ([(SHUT, 0), (SHUT, 10), (CLEAN, 20), (CLEAN, 30)], 60, Safety.SAFE),
    "closed again": ([(CLEAN, 0), (CLEAN, 10), (SHUT, 20)], 60, Safety.UNSETTLED),
    "never in": ([(SHUT, 0), (SHUT, 10)], 60, Safety.UNREACHABLE),
    "never answered": ([("-------", 0), ("-------", 10)], 60, Safety.UNREACHABLE),
}


@pytest.mark.parametrize(("rounds", "wait", "safety"), TABLE.values(), ids=TABLE)
def test_the_verdict_of_rounds(rounds: list[tuple[str, float]], wait: float, safety: Safety) -> None:
    """Each sequence of rounds and its verdict."""
    assert judge_rounds([made(answers, started) for answers, started in rounds], wait) is safety


ROUNDS = st.lists(st.text("AR-n", min_size=7, max_size=7), min_size=1, max_size=6)


@given(ROUNDS, st.sampled_from((0.0, 5.0, 10.0, 60.0)), st.sampled_from((1.0, 10.0, 15.0)))
def test_no_answers_make_a_wrong_verdict(answers: list[str], wait: float, gap: float) -> None:
    """Whatever was answered: each verdict implies what it says, and a fault alone accuses nobody."""
    rounds = [made(one, number * gap) for number, one in enumerate(answers)]
    safety = judge_rounds(rounds, wait)
    assert (safety is Safety.VULNERABLE) == bool(rounds[-1].let_in)
    if safety is Safety.SAFE:
        used = deciding(rounds, wait)
        assert len(used) == (2 if wait >= 10 else 1)
        assert not any(one.let_in for one in rounds[rounds.index(used[0]) :])
        assert all(one.results[0].got == one.results[-1].got == "allow" for one in used)
        assert all(result.got in ("refuse", "not-applicable") for one in used for result in one.results[1:-1])
        assert used[-1].started - used[0].started >= 10 or wait < 10
    if safety is Safety.UNREACHABLE:
        assert not any(one.assumed for one in rounds)


@given(ROUNDS, st.sampled_from((0.0, 60.0)))
def test_losing_an_answer_never_makes_a_verdict_worse_or_safe(answers: list[str], wait: float) -> None:
    """Take every answer of a wrong probe away: nothing is vulnerable then, and nothing is proved safe."""
    rounds = [made(f"{one[0]}-----{one[-1]}", number * 10.0) for number, one in enumerate(answers)]
    assert judge_rounds(rounds, wait) in (Safety.UNSETTLED, Safety.UNREACHABLE)


@pytest.mark.parametrize("name", WRONG)
def test_each_wrong_probe_is_an_entrance(name: str) -> None:
    """One that gets in has a kind and a sentence."""
    kind, how = entrance(ProbeResult(name, "refuse", "allow"))
    assert kind
    assert how.startswith("with")

from __future__ import annotations

import importlib.util
import json
import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deputize.iam.grammar import policy_from_json, read_policy
from deputize.iam.policy import VERSION, NotUnderstoodError, Policy, Principal, Value, path_of


def _oracle(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


OLD = _oracle("old_policy")
OLD_TRUST = _oracle("old_trust_document")

TEXTS = st.sampled_from(
    ["*", "s3:GetObject", "sts:AssumeRole", "AssumeRole", "arn:aws:s3:::b/*", "x", "12345", "${a}:b"]
)
ODD = st.sampled_from([None, 7, 1.5, True, False, {}, [], "", {"x": "y"}, [["x"]], [7, "x"], [None]])
VALUES = st.one_of(TEXTS, st.lists(TEXTS, max_size=3), ODD)
KEYS = st.dictionaries(st.sampled_from(["sts:ExternalId", "aws:SourceIp", "STS:externalid", "n"]), VALUES, max_size=2)
CONDITIONS = st.one_of(
    st.dictionaries(st.sampled_from(["StringEquals", "Bool", "StringEqual", "Null"]), st.one_of(KEYS, ODD), max_size=2),
    ODD,
)
PRINCIPALS = st.one_of(
    st.just("*"),
    st.dictionaries(st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser", "aws"]), VALUES, max_size=2),
    TEXTS,
    ODD,
)
STATEMENTS = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "Sid": st.one_of(st.sampled_from(["One", "Two", "a b"]), ODD),
            "Effect": st.sampled_from(["Allow", "Allow", "Deny", "allow", 7, None]),
            "Principal": PRINCIPALS,
            "NotPrincipal": PRINCIPALS,
            "Action": VALUES,
            "NotAction": VALUES,
            "Resource": VALUES,
            "NotResource": VALUES,
            "Condition": CONDITIONS,
            "condition": CONDITIONS,
        },
    ),
    st.fixed_dictionaries(
        {"Effect": st.just("Allow"), "Action": VALUES, "Principal": PRINCIPALS},
        optional={"Condition": CONDITIONS, "Sid": st.just("One"), "Resource": VALUES},
    ),
    ODD,
)
DOCUMENTS: st.SearchStrategy[Any] = st.one_of(
    st.fixed_dictionaries(
        {"Statement": st.one_of(STATEMENTS, st.lists(STATEMENTS, max_size=3))},
        optional={
            "Version": st.sampled_from([VERSION, VERSION, VERSION, "2008-10-17", "2012-10-18", 7, None]),
            "Id": st.just("x"),
            "statement": st.just([]),
        },
    ),
    ODD,
    TEXTS,
)


def _flat(policy: Any) -> list[tuple[Any, ...]]:
    """What both grammars hold of a policy, as plain texts."""
    return [
        (
            one.sid,
            one.effect,
            one.actions,
            one.resources,
            tuple(who if isinstance(who, str) else who.text for who in one.principals),
            tuple((each.operator, each.key, each.values) for each in one.conditions),
        )
        for one in policy.statements
    ]


@settings(max_examples=1500)
@given(DOCUMENTS)
def test_strict_is_what_the_old_grammar_accepted(document: Any) -> None:
    """The strict form takes exactly what the old strict grammar took, and reads it alike."""
    try:
        old = _flat(OLD.policy_from_json(document))
    except OLD.NotUnderstoodError:
        with pytest.raises(NotUnderstoodError):
            policy_from_json(document)
    else:
        assert _flat(policy_from_json(document)) == old


@settings(max_examples=1500)
@given(DOCUMENTS)
def test_trust_policies_are_understood_as_before(document: Any) -> None:
    """What the old reader of trust policies did not understand is opaque, and nothing else; the rest reads alike."""
    old = OLD_TRUST.read_trust(document if isinstance(document, dict) else json.dumps(document))
    new = read_policy(document if isinstance(document, dict) else json.dumps(document), "trust")
    assert (new.opaque_fault is None) is (old.trouble is None)
    if old.trouble is not None:
        return
    assert new.has_variables == old.variables
    for then, now in zip(old.statements, new.statements, strict=True):
        assert now.is_opaque is (then.trouble is not None)
        assert now.effect == then.effect
        if then.trouble is None:
            assert tuple((who.kind, who.text) for who in now.principals) == then.principals
            assert (now.not_principal, now.not_action) == (then.others, then.other_actions)
            assert now.actions == then.actions
            clauses = tuple((one.operator, one.key, one.values) for one in then.clauses)
            assert tuple((one.operator, one.key, one.values) for one in now.conditions) == clauses


@settings(max_examples=500)
@given(DOCUMENTS, st.sampled_from(["trust", "access", "any"]))
def test_every_value_stands_where_its_path_says(document: Any, kind: Any) -> None:
    """Following the path of a value or fault from the root leads to it, or to the element that it is missing from."""
    policy = read_policy(document if isinstance(document, dict) else {}, kind)

    def at(path: tuple[str | int, ...]) -> Any:
        found: Any = document
        for step in path:
            found = found[step]
        return found

    for statement in policy.statements:
        for text in (*statement.actions, *statement.resources):
            assert at(path_of(text)) == text
        for who in statement.principals:
            assert str(at(who.path)).lower() == who.text.lower()
        for one in statement.conditions:
            assert [str(at(path_of(value))).lower() for value in one.values] == [value.lower() for value in one.values]
    for fault in policy.all_faults:
        at(fault.path[:-1])
        assert fault.sentence


def test_where_a_value_stands_is_not_compared() -> None:
    """Two policies that say the same are equal, however their values are listed, and a copy keeps its places."""
    one = read_policy({"Version": VERSION, "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}})
    two = read_policy(
        {"Version": VERSION, "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}]}
    )
    assert one == two
    assert hash(one) == hash(two)
    copy: Policy = pickle.loads(pickle.dumps(two))
    assert path_of(copy.statements[0].actions[0]) == ("Statement", 0, "Action", 0)
    assert isinstance(copy.statements[0].actions[0], Value)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ({"condition": {}}, "condition is no element of a statement; Condition is"),
        ({"Condition": {"StringEqual": {"a": "b"}}}, "Condition.StringEqual is no condition operator; StringEquals is"),
        (
            {"Condition": {"ForAllValues:StringLikes": {"a": "b"}}},
            "Condition.ForAllValues:StringLikes is no condition operator; ForAllValues:StringLike is",
        ),
        ({"Resource": "*"}, "Resource does not belong in a trust policy, which is about its own role"),
        ({"Effect": "allow"}, "Effect is neither Allow nor Deny"),
        ({"NotAction": "sts:*"}, "the statement has both Action and NotAction"),
        ({"Principal": {"AWS": []}}, "Principal.AWS is an empty list, not a text or a list of texts"),
        ({"Action": "AssumeRole"}, "Action is no action: service:Name"),
    ],
)
def test_a_fault_says_what_and_where(statement: dict[str, Any], sentence: str) -> None:
    """Each fault is one sentence about the element that it is at."""
    whole = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole", **statement}
    policy = read_policy({"Version": VERSION, "Statement": [whole]}, "trust")
    assert [fault.sentence for fault in policy.all_faults if fault.kind != "no-condition"] == [sentence]


def test_negated_elements_are_named_as_iam_names_them() -> None:
    """NotPrincipal, NotAction and NotResource are read as such and written again as such."""
    document = {
        "Version": VERSION,
        "Statement": [{"Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "NotAction": "a:b", "NotResource": ["*", "x"]}],
    }
    policy = read_policy(document)
    (statement,) = policy.statements
    assert (statement.not_principal, statement.not_action, statement.not_resource) == (True, True, True)
    assert statement.principals == (Principal("AWS", "*"),)
    assert policy.to_json() == document


@pytest.mark.parametrize(
    "text",
    [
        '{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Effect": "Allow", "Action": "s3:*"}]}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Condition": {"Bool": {"a": "b", "a": "c"}}}]}',
    ],
)
def test_an_element_that_stands_twice_is_not_understood(text: str) -> None:
    """Nobody knows which of two AWS would take: nothing is said about such a text, however deep inside it they are."""
    fault = read_policy(text).opaque_fault
    assert fault is not None
    assert fault.sentence == "the policy has an element twice"

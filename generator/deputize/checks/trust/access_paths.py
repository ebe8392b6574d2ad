"""Access paths that nobody meant: `find_access_paths`, asked about the expected vendors, or about each account named.

Without an expected vendor a policy is judged statement by statement.

A request is allowed when one Allow allows it and no Deny denies it, so each Allow is judged with all Denies and nothing
else. Renaming an account or an external ID throughout a policy that only compares them whole changes no answer, so the
answers are kept by the policy so renamed: most of the world's trust policies are a few.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from deputize.checks.trust.case import RoleTrust
from deputize.checks.trust.organizations import is_restricted
from deputize.checks.trust.own import Waiver
from deputize.iam.limits import TRUST_POLICY
from deputize.iam.policy import Condition, Policy, Principal, Statement, compact_json
from deputize.iam.trust.access_paths import AccessPath, Trusted, find_access_paths
from deputize.iam.trust.callers import Caller, parse_caller
from deputize.iam.trust.statements import (
    compares_whole,
    id_conditions,
    is_pattern,
    is_provider,
    may_allow,
    names_anybody,
    only_marks_sessions,
    operator_of,
    proves_id,
    service_conditions,
)
from deputize.model.expectations import BOTH_SESSION_ACTIONS

_ACCOUNT = "111122223333"
# In a policy with one of these texts a renaming could change what compares with what.
_TELLS_IDS = re.compile(r"[*?]|IgnoreCase|\$\{|Numeric|Date|Binary|IpAddress")
_TELLS_ACCOUNTS = re.compile(r"\$\{|NotPrincipal|aws:(principal|user|source|resource)", re.IGNORECASE)
# Trying takes longer the more there is to tell apart. IAM takes no such policy: the quota may be raised, not so far.
_MOST_IDS, _MOST_CHARACTERS = 16, 4 * TRUST_POLICY.high


@dataclass(frozen=True, slots=True)
class TrustedAccount:
    """An account that the policy names, in its partition."""

    partition: str
    account: str


@dataclass(frozen=True, slots=True)
class StatementPath:
    """One access path. trusted: the account that was taken for the trusted one; named: the policy names it.

    statement: that lets it in; None when nothing at all is known of the policy.
    """

    statement: Statement | None
    trusted: TrustedAccount
    named: bool
    found: AccessPath
    accepted: tuple[str, ...]


def access_paths(case: RoleTrust) -> Iterator[StatementPath]:
    """Every access path that is not meant: held against the expected vendors or, without any, against itself."""
    if not case.expected_vendors:
        return _not_as_it_says(case)
    # An account that somebody chooses may be the vendor's: whatever else keeps it out, its external ID must.
    chosen = (one for one in _not_as_it_says(case) if case.is_unknown_account(one.trusted.account))
    return chain(_not_the_vendors(case), chosen)


def vendors_of(case: RoleTrust) -> Iterator[Trusted]:
    """Each expected vendor, in the role's partition or the one that its policy names."""
    named = (caller.partition for one in case.statements for _, caller in foreign_principals(case, one))
    partition = case.partition or next((one for one in named if one is not None), "aws")
    actions = case.given.session_actions
    for account in case.expected_vendors:
        yield Trusted(partition, account, case.given.vendor_roles, BOTH_SESSION_ACTIONS if actions is None else actions)


def _not_the_vendors(case: RoleTrust) -> Iterator[StatementPath]:
    """Every access path but by `sts:AssumeRole` of an expected vendor, with an ID that is expected."""
    accepted = case.expected_ids or tuple(text for one in case.statements for text in accepted_ids(case, one))
    policy = case.policy
    if case.own_account is not None and not case.is_asked:
        policy = replace(policy, statements=(*policy.statements, _denies_own(case.own_account)))
    for vendor in vendors_of(case):
        trusted = TrustedAccount(vendor.partition, vendor.account_id)
        for found in find_access_paths(policy, vendor, tuple(dict.fromkeys(accepted))):
            caller = parse_caller(found.principal)
            account = None if caller is None else caller.account
            another = account != vendor.account_id and account in case.expected_vendors
            if not another and account not in case.said_own and account not in case.vendors_by_default:
                # The last of the policy that was tried may be our own, which stands in no file.
                own = (case.statements[at] for at in found.statements if at < len(case.statements))
                statement = next(own, None)
                if statement is not None and only_marks_sessions(statement) and account != vendor.account_id:
                    continue
                yield StatementPath(statement, trusted, named=True, found=found, accepted=accepted)


def _not_as_it_says(case: RoleTrust) -> Iterator[StatementPath]:
    """Every access path but by `sts:AssumeRole` from an account that a statement names, with an ID it accepts.

    The role's own account is left out, and so are the services and identity providers that a statement names: what they
    may do is no third party's business. So is what an organisation's key holds to its accounts.
    """
    denies = tuple(one for one in case.statements if not may_allow(one))
    for statement in case.statements:
        if not may_allow(statement) or not concerns_others(case, statement) or is_restricted(case, statement):
            continue
        if only_marks_sessions(statement):
            continue
        accepted = tuple(accepted_ids(case, statement))
        trusted_accounts = tuple(dict.fromkeys(_trusted_accounts(case, statement)))
        for trusted in trusted_accounts or (TrustedAccount(case.partition or "aws", _stranger(case)),):
            policy = _narrowed(case, statement, trusted, denies)
            for found in _asked_about(policy, trusted, accepted):
                if not _is_aside(found, statement):
                    yield StatementPath(statement, trusted, bool(trusted_accounts), found, accepted)


def too_large_to_evaluate(case: RoleTrust) -> str | None:
    """Why a policy is too much to be tried out, in words; None when it is not."""
    size = len(case.document.compact)
    if size > _MOST_CHARACTERS:
        return f"has {size:,} characters, more than IAM takes in a trust policy"
    most = max((len(set(accepted_ids(case, one))) for one in case.statements), default=0)
    return f"has {most} external IDs for one statement, more than deputize tries out" if most > _MOST_IDS else None


def accepted_ids(case: RoleTrust, statement: Statement) -> Iterator[str]:
    """The external IDs that a statement compares what is sent with, or that a Deny lets pass when it does not."""
    for condition in id_conditions(statement):
        if compares_whole(condition):
            yield from (one for one in condition.values if not is_pattern(condition, one))
    doors = () if proves_id(statement) else case.statements
    for other in doors:
        for condition in () if may_allow(other) else id_conditions(other):
            test = operator_of(condition)
            if test is not None and test.base is not None and test.base.negated:
                yield from (one for one in condition.values if not is_pattern(condition, one))


def foreign_principals(case: RoleTrust, statement: Statement) -> tuple[tuple[Principal, Caller], ...]:
    """The principals of a statement that are in accounts other than the role's own, with who they are."""
    found = ((one, parse_caller(one.text)) for one in statement.principals if case.foreign(one))
    return tuple((one, caller) for one, caller in found if caller is not None and caller.account is not None)


def _trusted_accounts(case: RoleTrust, statement: Statement) -> Iterator[TrustedAccount]:
    if not statement.not_principal:
        for _, caller in foreign_principals(case, statement):
            yield TrustedAccount(caller.partition or case.partition or "aws", caller.account or "")


def concerns_others(case: RoleTrust, statement: Statement) -> bool:
    """Whether others than the own account, services and providers may use it; also when nobody can tell."""
    if statement.not_principal or not statement.principals:
        return True
    return any(case.foreign(one) or one.kind not in ("AWS", "Service", "Federated") for one in statement.principals)


def allows_to_others(case: RoleTrust) -> Iterator[Statement]:
    """The statements that may allow something to somebody else than the own account, services and providers."""
    lets_in = (one for one in case.statements if may_allow(one) and not only_marks_sessions(one))
    return (one for one in lets_in if concerns_others(case, one) and not _is_held_inside(case, one))


def waivers(case: RoleTrust) -> Iterator[Waiver]:
    """Everybody whom the policy lets in and who is no third party because the caller, or a name of AWS's, says so."""
    for statement in case.statements:
        for one in statement.principals if may_allow(statement) and not statement.not_principal else ():
            found = case.waiver(one)
            if found is not None:
                yield found


def _is_held_inside(case: RoleTrust, statement: Statement) -> bool:
    """Whether its conditions leave nobody of a wildcard but the role's own account."""
    if case.own_account is None or not names_anybody(statement) or not statement.conditions:
        return False
    denies = (one for one in case.statements if not may_allow(one))
    own = TrustedAccount(case.partition or "aws", case.own_account)
    found = _found(replace(case.policy, statements=(statement, *denies)), own, tuple(accepted_ids(case, statement)))
    return all(_is_aside(one, statement) or _is_of_account(one, case.own_account) for one in found)


def _is_of_account(access_path: AccessPath, account: str) -> bool:
    """Whether it is known to be one of the account's; one that cannot be ruled out stands for others, too."""
    caller = parse_caller(access_path.principal)
    return access_path.kind != "unknown" and caller is not None and caller.account == account


def _is_aside(access_path: AccessPath, statement: Statement) -> bool:
    """Whether it is a service or provider of which only AWS does not say whether a wildcard stands for it.

    Where a wildcard lets anybody in, AWS identities show it; not where a condition is one that services meet.
    """
    caller = parse_caller(access_path.principal)
    if access_path.kind != "unknown" or caller is None or caller.is_aws:
        return False
    return caller.kind != "service" or not service_conditions(statement)


def _stranger(case: RoleTrust) -> str:
    """An account that nobody named, to stand for a vendor where a policy names none."""
    text = json.dumps(case.document.value)
    return next(one for one in (f"{number:012d}" for number in range(999999999999, 0, -1)) if one not in text)


def _narrowed(case: RoleTrust, statement: Statement, trusted: TrustedAccount, denies: tuple[Statement, ...]) -> Policy:
    """The policy with this one Allow, its AWS principals those of `trusted` and those that name no account."""
    if not statement.not_principal:
        kept = (one for one in statement.principals if _is_kept(one, trusted))
        statement = replace(statement, principals=tuple(kept))
    return replace(case.policy, statements=(statement, *denies, *_without_own(case, statement)))


def _is_kept(principal: Principal, trusted: TrustedAccount) -> bool:
    return _is_of(principal, trusted) if principal.kind == "AWS" else not is_provider(principal)


def _is_of(principal: Principal, trusted: TrustedAccount) -> bool:
    caller = parse_caller(principal.text)
    if caller is None or caller.account is None:
        return True
    return caller.account == trusted.account and caller.partition in (None, trusted.partition)


def _without_own(case: RoleTrust, statement: Statement) -> tuple[Statement, ...]:
    """A Deny that leaves the role's own account out of what a wildcard stands for."""
    return (_denies_own(case.own_account),) if case.own_account is not None and names_anybody(statement) else ()


def _denies_own(own_account: str) -> Statement:
    own = (
        Condition("StringEquals", "aws:PrincipalAccount", (own_account,)),
        # Of a service that key is not known, and it is kept.
        Condition("Bool", "aws:PrincipalIsAWSService", ("false",)),
    )
    return Statement(None, "Deny", ("*",), principals=(Principal("*", "*"),), conditions=own)


def _asked_about(policy: Policy, trusted: TrustedAccount, accepted: tuple[str, ...]) -> tuple[AccessPath, ...]:
    """What `find_access_paths` says of a policy; accepted: external IDs, each as often as the policy compares it."""
    text = policy.compact()
    times = Counter(accepted)
    renamed, account = _with_account(text, trusted.account, accepted)
    names = {trusted.account: account} if account != trusted.account else {}
    if _TELLS_IDS.search(text):
        return _back(
            _found(_renamed(policy, names), replace(trusted, account=account), tuple(times)), account, trusted, {}
        )
    back: dict[str, str] = {}
    for one in times:
        quoted, other = compact_json(one), f"renamed-{len(back):04d}-external-id"
        # What stands elsewhere too, alone or in a longer text, is not only an external ID.
        if not times[one] == renamed.count(quoted) == renamed.count(quoted[1:-1]) or other in text:
            return _found(policy, trusted, tuple(times))
        renamed = renamed.replace(quoted, f'"{other}"')
        back[other] = one
    names |= {one: other for other, one in back.items()}
    return _back(
        _found(_renamed(policy, names), replace(trusted, account=account), tuple(back)), account, trusted, back
    )


def _renamed(policy: Policy, names: Mapping[str, str]) -> Policy:
    """The policy with each of these texts replaced, wherever it stands in a value."""

    def other(text: str) -> str:
        for name, instead in names.items():
            text = text.replace(name, instead)
        return text

    def statement(one: Statement) -> Statement:
        return replace(
            one,
            actions=tuple(map(other, one.actions)),
            resources=tuple(map(other, one.resources)),
            principals=tuple(Principal(who.kind, other(who.text)) for who in one.principals),
            conditions=tuple(replace(each, values=tuple(map(other, each.values))) for each in one.conditions),
        )

    return replace(policy, statements=tuple(map(statement, policy.statements))) if names else policy


def _back(
    paths: tuple[AccessPath, ...], account: str, trusted: TrustedAccount, ids: Mapping[str, str]
) -> tuple[AccessPath, ...]:
    """The ways with the policy's own account and external IDs again."""
    return tuple(
        replace(
            one,
            principal=one.principal.replace(account, trusted.account),
            external_id=one.external_id and ids.get(one.external_id, one.external_id),
        )
        for one in paths
    )


def _with_account(text: str, account: str, accepted: tuple[str, ...]) -> tuple[str, str]:
    """`text` about another account, where that can be told apart; else the same."""
    if _TELLS_ACCOUNTS.search(text) or any(account in one for one in accepted):
        return text, account
    whole = re.findall(rf"(?<!\d){account}(?!\d)", text, re.ASCII)
    if _ACCOUNT in text or len(whole) != text.count(account):
        return text, account
    return text.replace(account, _ACCOUNT), _ACCOUNT


@lru_cache(maxsize=1024)
def _found(policy: Policy, trusted: TrustedAccount, accepted: tuple[str, ...]) -> tuple[AccessPath, ...]:
    vendor = Trusted(trusted.partition, trusted.account, (), BOTH_SESSION_ACTIONS)
    return find_access_paths(policy, vendor, accepted)

"""Which accounts the caller of lint says are his own, by which option or line, and whom that waived."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deputize.checks.details import Located, WaivedLine
from deputize.checks.rules.files import NOT_UNDERSTOOD
from deputize.checks.suppress import Config
from deputize.checks.trust.case import account_in
from deputize.checks.trust.own import Waiver
from deputize.errors import InputError, Problem, UsageError
from deputize.iam import limits
from deputize.model.display import printable, shown
from deputize.model.expectations import Expectations

if TYPE_CHECKING:
    from deputize.jobs.lint.file import FileReport

_OPTION = "--own-account"
_PATH = 4096  # characters; no system has a longer one
_PARAMETER = re.compile(r"(.+):([A-Za-z0-9]{1,255})", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """One account that is the caller's own. account: its 12 digits, or empty where a file's parameter is one.

    by: for people, the option or the line of --config with its reason.
    """

    by: str
    account: str = ""
    file: str = ""
    parameter: str = ""

    def is_about(self, where: str) -> bool:
        """Whether it is about a parameter of the file `where`."""
        return bool(self.parameter) and os.path.normpath(self.file) == os.path.normpath(where)


@dataclass(frozen=True, slots=True)
class OwnAccounts:
    """Everything that the caller says is his own."""

    said: tuple[OwnAccount, ...] = ()

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that are his in every file."""
        return tuple(one.account for one in self.said if one.account)

    def expected_of(self, where: str, expected: Expectations, given: Mapping[str, str]) -> Expectations:
        """What is expected of the file `where`, whose own parameters count. given: values of parameters."""
        names = tuple(one.parameter for one in self.said if one.is_about(where))
        if not names:
            return expected
        values = (account_in(given.get(name, "")) for name in names)
        accounts = (*expected.given.own_accounts, *(one for one in values if one is not None))
        return replace(expected, given=replace(expected.given, own_accounts=accounts, own_parameters=names))

    def lines(self, waived: Iterable[tuple[Waiver, str]]) -> tuple[WaivedLine, ...]:
        """A line for each waiver, with the name of its role."""
        return tuple(WaivedLine(*one.place[:2], role, one.what, self._by(one)) for one, role in waived)

    def _by(self, waiver: Waiver) -> str:
        """The option or line that a waiver rests on."""
        if waiver.why:
            return waiver.why
        own = [one for one in self.said if one.is_about(waiver.place.file)]
        by_name = (one for one in own if one.parameter == waiver.parameter)
        by_account = (one for one in self.said if one.account and one.account == waiver.account)
        return next((one.by for each in (by_name, by_account, own) for one in each), _OPTION)

    def unused(self, reports: Sequence[FileReport]) -> Iterator[FileReport]:
        """A finding for each parameter that no file which was judged has."""
        from deputize.jobs.lint.file import FileReport

        for one in self.said:
            about = [report for report in reports if one.is_about(report.where)]
            waived = any(one.by == line.by for report in about for line in report.waived)
            if one.parameter and not waived and not any(one.parameter in report.parameters for report in about):
                where = f"{_OPTION} {printable(f'{one.file}:{one.parameter}', _PATH)}"
                what = "no judged file has such a parameter"
                mend = "give the file as the report names it, and the parameter's name; capitals count"
                yield FileReport(where, (Located(NOT_UNDERSTOOD.finding(what, where, mend=mend)),), is_option=True)


def own_accounts(
    given: Sequence[str], config: Config, vendors: Sequence[str], parameters: Mapping[str, str]
) -> OwnAccounts:
    """What the options and the configuration say is the caller's own.

    vendors: who is expected, and so no account of his. parameters: their values. Raises UsageError for an option, and
    InputError for an entry of the configuration, that is no account, or one that is an expected vendor's.
    """
    said = [_said(one, f"{_OPTION} {printable(one, _PATH)}") for one in given]
    said += [_said(one, f"{at} ({printable(reason, 200)})") for one, at, reason in config.own_accounts]
    problems = [_fault(one, vendors, parameters) for one in said]
    wrong = [(one, problem) for one, problem in zip(said, problems, strict=True) if problem is not None]
    if wrong:
        kind = UsageError if any(one.by.startswith(_OPTION) for one, _ in wrong) else InputError
        raise kind(*(problem for _, problem in wrong))
    return OwnAccounts(tuple(said))


def _said(text: str, by: str) -> OwnAccount:
    named = _PARAMETER.fullmatch(text)
    return OwnAccount(by, account=text) if named is None else OwnAccount(by, file=named[1], parameter=named[2])


def _fault(own: OwnAccount, vendors: Sequence[str], parameters: Mapping[str, str]) -> Problem | None:
    where = _OPTION if own.by.startswith(_OPTION) else own.by.partition(" (")[0]
    if not own.parameter and not limits.ACCOUNT_ID.admits(own.account):
        return Problem(where, f"{shown(own.account)} is no account ID", "give its 12 digits, or FILE:PARAMETER")
    account = own.account or account_in(parameters.get(own.parameter, ""))
    if account in vendors:
        what = f"{account} is the expected vendor, who is no account of your own"
        return Problem(where, what, f"leave it out of {_OPTION}, or of --expect-vendor")
    return None

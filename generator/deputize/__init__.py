"""deputize: a role that lets a vendor, and only with the tenant's own external ID, read a customer's AWS account.

    vendor + tenant -> Role -> Blueprint -> Files -> Findings -> Bundle -> out/ -> deploy -> verify -> registry

The public API is what `__all__` names; it is loaded on first use. Nothing here prints, reads an environment variable or
the working directory. Problems come as values in the errors: `error.problems`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deputize.errors import (
        DeputizeError,
        DiffersError,
        InputError,
        LintError,
        Problem,
        ProvedWrongError,
        ServiceError,
        UsageError,
    )
    from deputize.iam.trust import evaluate_trust
    from deputize.jobs.api import Bundle, lint, render, render_many
    from deputize.jobs.deploy import deploy
    from deputize.jobs.enter import session
    from deputize.jobs.inputs import load_vendor
    from deputize.jobs.verify import verify
    from deputize.jobs.ways_in import find_ways_in
    from deputize.model.spec import Tenant, Vendor
    from deputize.model.values import Finding, LintReport, Severity, Verdict

__version__ = "0.1.0"

_HOME = {
    "Bundle": "deputize.jobs.api",
    "DeputizeError": "deputize.errors",
    "DiffersError": "deputize.errors",
    "Finding": "deputize.model.values",
    "InputError": "deputize.errors",
    "LintError": "deputize.errors",
    "LintReport": "deputize.model.values",
    "Problem": "deputize.errors",
    "ProvedWrongError": "deputize.errors",
    "ServiceError": "deputize.errors",
    "Severity": "deputize.model.values",
    "Tenant": "deputize.model.spec",
    "UsageError": "deputize.errors",
    "Vendor": "deputize.model.spec",
    "Verdict": "deputize.model.values",
    "deploy": "deputize.jobs.deploy",
    "evaluate_trust": "deputize.iam.trust",
    "find_ways_in": "deputize.jobs.ways_in",
    "lint": "deputize.jobs.api",
    "load_vendor": "deputize.jobs.inputs",
    "render": "deputize.jobs.api",
    "render_many": "deputize.jobs.api",
    "session": "deputize.jobs.enter",
    "verify": "deputize.jobs.verify",
}

__all__ = [
    "Bundle",
    "DeputizeError",
    "DiffersError",
    "Finding",
    "InputError",
    "LintError",
    "LintReport",
    "Problem",
    "ProvedWrongError",
    "ServiceError",
    "Severity",
    "Tenant",
    "UsageError",
    "Vendor",
    "Verdict",
    "deploy",
    "evaluate_trust",
    "find_ways_in",
    "lint",
    "load_vendor",
    "render",
    "render_many",
    "session",
    "verify",
]


class _Package(ModuleType):
    """The package as a module whose public names are loaded on first use.

    PEP 562's `__getattr__` would not do: rooms are called `render` and `lint` too, and importing a room sets it as an
    attribute here. Public names come first; rooms are reached by `from deputize.render import ...`.
    """

    def __getattribute__(self, name: str) -> Any:
        if name in _HOME:
            return getattr(import_module(_HOME[name]), name)
        return super().__getattribute__(name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package

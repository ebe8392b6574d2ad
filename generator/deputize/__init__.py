"""deputize: a role that lets a vendor, and only with the tenant's own external ID, read a customer's AWS account.

    vendor + tenant -> Role -> Blueprint -> Files -> Findings -> Bundle -> out/ -> deploy -> verify -> registry

The public API is what `__all__` names; it is loaded on first use. Nothing here prints, reads an environment variable or
the working directory. Problems come as values in the errors: `error.problems`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from deputize.version import __version__

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
    from deputize.jobs.assume.api import session
    from deputize.jobs.deploy.run import deploy
    from deputize.jobs.inputs import load_vendor
    from deputize.jobs.verify.access_paths import find_access_paths
    from deputize.jobs.verify.run import verify
    from deputize.model.spec import Tenant, Vendor
    from deputize.model.values import Finding, LintReport, Severity, Verdict

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
    "deploy": "deputize.jobs.deploy.run",
    "evaluate_trust": "deputize.iam.trust",
    "find_access_paths": "deputize.jobs.verify.access_paths",
    "lint": "deputize.jobs.api",
    "load_vendor": "deputize.jobs.inputs",
    "render": "deputize.jobs.api",
    "render_many": "deputize.jobs.api",
    "session": "deputize.jobs.assume.api",
    "verify": "deputize.jobs.verify.run",
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
    "__version__",
    "deploy",
    "evaluate_trust",
    "find_access_paths",
    "lint",
    "load_vendor",
    "render",
    "render_many",
    "session",
    "verify",
]


def __getattr__(name: str) -> Any:
    """A public name, loaded when it is first asked for. Raises AttributeError for what is none (PEP 562)."""
    if name not in _HOME:
        msg = f"module 'deputize' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

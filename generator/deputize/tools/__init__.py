"""The only subprocesses: a user's command inside a tenant's role, terraform on bundles we made, ssh-keygen."""

from __future__ import annotations

from deputize.tools.command import run
from deputize.tools.ssh_keygen import LONGEST_SIGNER, NAMESPACE, SignatureCheck, check_signature, sign
from deputize.tools.terraform import Diagnostic, ToolResult, find_terraform, terraform

__all__ = [
    "LONGEST_SIGNER",
    "NAMESPACE",
    "Diagnostic",
    "SignatureCheck",
    "ToolResult",
    "check_signature",
    "find_terraform",
    "run",
    "sign",
    "terraform",
]

"""The embedded AWS's process: serves ministack until its standard input closes, so it never outlives its parent.

Run as a script by `embedded.py`, never imported: what it listens on comes from the environment it is given. Two
condition keys of ministack 1.5.33 are put right. It takes the session's ARN for aws:PrincipalArn where AWS takes the
role's, and would keep every assumed role out of a trust policy that names it there:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
And it shows sts:ExternalId to the role's trust policy only, where AWS shows it to the caller's own policy too:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _with_role_arns(resolve: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """`resolve`, but the principal of an assumed role is the role: arn:aws:iam::ACCOUNT:role/PATH/NAME."""
    from ministack.services import iam

    def resolve_key(key: str, context: Any) -> Any:
        value = resolve(key, context)
        if key.lower() != "aws:principalarn" or ":assumed-role/" not in str(value):
            return value
        account, name = value.split(":")[4], value.split("/")[1]
        role = iam._roles.get_scoped(account, None, name)  # noqa: SLF001 - the pinned version's own lookup
        return value if role is None else role["Arn"]

    return resolve_key


def _with_external_id(context_of: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """`context_of`, and for sts:AssumeRole the external ID that the request sends, if it sends one."""

    def request_context(service: str, action: str, body: bytes, parameters: dict[str, Any]) -> dict[str, Any]:
        found = context_of(service, action, body, parameters)
        sent = parameters.get("ExternalId")
        if action != "sts:AssumeRole" or sent is None:
            return found
        return {**found, "sts:externalid": sent[0] if isinstance(sent, list) else sent}

    return request_context


def _serve() -> None:
    from ministack.app import main
    from ministack.core import iam_actions, iam_evaluator

    iam_evaluator._resolve_condition_key = _with_role_arns(iam_evaluator._resolve_condition_key)  # noqa: SLF001
    iam_actions.request_tag_context = _with_external_id(iam_actions.request_tag_context)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv[1:] = []
    main()


if __name__ == "__main__":
    _serve()

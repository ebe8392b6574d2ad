"""A server in front of the embedded AWS that notes every call, and can judge it by a policy as AWS would.

The embedded AWS judges identity policies too, but not all of what AWS looks at: it leaves the path out of a role's ARN,
takes `*` for the policy that CreatePolicy makes, and knows neither iam:PolicyARN nor iam:PermissionsBoundary. Here the
request is described as AWS describes it: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from deputize.aws.client import Refusal, Session
from deputize.iam.evaluate import evaluate
from deputize.iam.policy import Policy

_DENIED = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
    "<Message>not authorized to perform: {} on resource: {}</Message></Error></ErrorResponse>"
)
_ANYBODY = "sts:GetCallerIdentity"  # needs no permission


@dataclass
class Guard:
    """What was called, and by which policy calls are judged: `policy` None judges nothing. root: looks things up."""

    root: Session | None = None
    policy: Policy | None = None
    url: str = ""
    actions: set[str] = field(default_factory=set)

    def refusal(self, action: str, fields: Mapping[str, str]) -> str | None:
        """Note a call; the resource on which it is refused, or None."""
        self.actions.add(action)
        if self.policy is None or self.root is None or action == _ANYBODY:
            return None
        resource = _resource(self.root, action, fields)
        if evaluate(self.policy, action, resource, _context(fields)) != "allow":
            return resource
        # Tags given at creation are asked for apart.
        tagging = f"{action.partition(':')[0]}:Tag{action.partition('Create')[2]}"
        tagged = "Create" in action and any(name.startswith("Tags.member.") for name in fields)
        if tagged and action.startswith("iam:") and evaluate(self.policy, tagging, resource) != "allow":
            return resource
        return None


def _context(fields: Mapping[str, str]) -> dict[str, str]:
    keys = {"iam:PolicyARN": "PolicyArn", "iam:PermissionsBoundary": "PermissionsBoundary"}
    return {key: fields[name] for key, name in keys.items() if name in fields}


def _resource(root: Session, action: str, fields: Mapping[str, str]) -> str:
    account = root.caller().account_id
    service = action.partition(":")[0]
    if service == "cloudformation":
        return _stack(f"arn:aws:cloudformation:{root.region}:{account}:stack/", fields)
    if service == "sts":
        return fields.get("RoleArn", "*")
    if "RoleName" in fields:
        found = root.try_call("iam", "get_role", ("NoSuchEntity",), RoleName=fields["RoleName"])
        if not isinstance(found, Refusal):
            return str(found["Role"]["Arn"])
        return f"arn:aws:iam::{account}:role{fields.get('Path', '/')}{fields['RoleName']}"
    made = {"UserName": "user/", "PolicyName": f"policy{fields.get('Path', '/')}"}
    found_name = next((name for name in made if name in fields), None)
    if found_name is None:
        return fields.get("PolicyArn", "*")
    return f"arn:aws:iam::{account}:{made[found_name]}{fields[found_name]}"


def _stack(prefix: str, fields: Mapping[str, str]) -> str:
    name = fields.get("StackName", "")
    return "*" if not name else name if name.startswith("arn:") else f"{prefix}{name}/*"


@contextmanager
def guarded(endpoint_url: str) -> Iterator[Guard]:
    """A guard in front of `endpoint_url`, which lets everything pass until it is given a policy."""
    guard = Guard()
    target = urlsplit(endpoint_url).netloc

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fields = {key: values[0] for key, values in parse_qs(body.decode()).items()}
            action = f"{self.headers['Authorization'].split('/')[3]}:{fields['Action']}"
            refused = guard.refusal(action, fields)
            if refused is not None:
                self._answer(403, "text/xml", _DENIED.format(action, refused).encode())
                return
            upstream = HTTPConnection(target, timeout=60)
            # The signature covers the headers: they go on as they came, Host among them.
            upstream.request("POST", self.path, body, dict(self.headers.items()))
            answer = upstream.getresponse()
            self._answer(answer.status, answer.headers["Content-Type"], answer.read())
            upstream.close()

        def _answer(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        guard.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield guard
        server.shutdown()

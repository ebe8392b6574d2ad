"""Sessions: how AWS is reached, as whom, and the one way to call it so that faults come out translated.

Profile, region, endpoint and proxy are chosen as the AWS CLI does, environment included:
https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator
from copy import copy
from dataclasses import astuple, dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from deputize.aws import answers, faults, wire
from deputize.errors import DeputizeError, Problem, ServiceError
from deputize.iam import limits
from deputize.model.aws_options import AwsOptions

# Read as version 2 of the AWS CLI reads them; botocore's own defaults know no AWS_REGION and retry the old way.
_VARIABLES = {
    "region": ("region", ["AWS_REGION", "AWS_DEFAULT_REGION"], None, None),
    "retry_mode": ("retry_mode", "AWS_RETRY_MODE", "standard", None),
}
_CONNECT_TIMEOUT = 10  # seconds
_READ_TIMEOUT = 60  # seconds
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key; its secret parts never show in a repr."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """Who AWS says is calling."""

    account_id: str
    arn: str
    partition: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of AWS's that the caller of `try_call` had said it expects: its code and its words, made harmless."""

    code: str
    message: str


class CallLimit(Protocol):
    """What every call to STS goes through, each of its retries too."""

    def take(self) -> None:
        """Wait until one call may be made."""

    def throttled(self) -> None:
        """Hear that AWS refused a call since there were too many."""


@dataclass(slots=True)
class _StsGate:
    """Where a session's calls to STS wait for its limit, if it has one."""

    limit: CallLimit | None = None

    def before(self, **_: Any) -> None:
        """Wait until the call may be made."""
        if self.limit is not None:
            began = time.monotonic()
            self.limit.take()
            wire.not_counted(time.monotonic() - began)

    def after(self, parsed_response: Any = None, **_: Any) -> None:
        """Tell the limit of throttling."""
        error = parsed_response.get("Error") if isinstance(parsed_response, dict) else None
        if self.limit is not None and isinstance(error, dict) and error.get("Code") in faults.THROTTLED:
            self.limit.throttled()


def _key_of(credentials: Credentials | None) -> dict[str, str | None]:
    """As botocore's clients take them; none for those that the profile leads to."""
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    return {} if credentials is None else dict(zip(names, astuple(credentials), strict=True))


class Session:
    """One identity at one target: clients are made once and shared between threads.

    version: deputize's, for the user agent. credentials: instead of those that the target's profile leads to.
    Raises ServiceError from every method that reaches AWS or needs a region.
    """

    def __init__(self, target: AwsOptions, version: str, credentials: Credentials | None = None) -> None:
        self._target = target
        self._version = version
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._caller: CallerIdentity | None = None
        self._key = _key_of(credentials)
        core = wire.LimitedCore(profile=target.profile, session_vars=_VARIABLES)
        core.register("before-parse", answers.check_first_element)
        self._gate = _StsGate()
        # Before a request is signed, so that no signature grows old while it waits; botocore makes each retry anew.
        events = core.get_component("event_emitter")
        events.register_first("request-created.sts", self._gate.before)
        events.register("response-received.sts", self._gate.after)
        self._core = core
        try:
            boto = boto3.session.Session(region_name=target.region, botocore_session=core)
            self._region: str | None = boto.region_name
        except faults.FAULTS as error:
            raise faults.translate(error, faults.Call("sts", "GetCallerIdentity", target.region or "")) from None

    @property
    def region(self) -> str:
        """The region's name; a ServiceError when nothing names one."""
        if self._region is None:
            raise ServiceError(faults.no_region())
        return self._region

    @property
    def endpoint_url(self) -> str | None:
        """The endpoint the user named; None is AWS itself, or what its configuration says."""
        return self._target.endpoint_url

    def limited_by(self, limit: CallLimit) -> None:
        """Let every call to STS from now on wait for `limit`."""
        self._gate.limit = limit

    def acting_as(self, credentials: Credentials) -> Session:
        """A session of other credentials at the same target, its calls to STS within the same limit."""
        # Setting up a session of botocore's costs more than all calls about one role, and it needs to know no
        # credentials: each client has its own. The lock is shared, since sessions of botocore's are for one thread.
        other = copy(self)
        vars(other).update(_region=self.region, _key=_key_of(credentials), _clients={}, _caller=None)
        return other

    def client(self, service: str) -> Any:
        """The botocore client of `service`; calls made on it directly raise botocore's exceptions."""
        with self._lock:
            if service not in self._clients:
                where = {"region_name": self.region, "endpoint_url": self._target.endpoint_url}
                self._clients[service] = self._core.create_client(service, **where, **self._key, config=self._config())
            return self._clients[service]

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """The answer of `operation` (in snake case, as in `describe_stacks`); every fault is a ServiceError."""
        try:
            return self._ask(service, operation, parameters)
        except faults.FAULTS as error:
            raise faults.translate(error, self._call(service, operation)) from None

    def try_call(
        self, service: str, operation: str, expected: Collection[str], **parameters: Any
    ) -> dict[str, Any] | Refusal:
        """As `call`, but an error of AWS's whose code is in `expected` is a value."""
        try:
            return self._ask(service, operation, parameters)
        except faults.FAULTS as error:
            code = faults.error_code(error)
            if code in expected and not faults.is_odd_refusal(error):
                return Refusal(code, faults.error_message(error))
            raise faults.translate(error, self._call(service, operation)) from None

    def pages(self, service: str, operation: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """All answers of an operation that pages, one by one; pages that do not end are a ServiceError."""
        for answer in self.try_pages(service, operation, (), **parameters):
            if not isinstance(answer, Refusal):
                yield answer

    def try_pages(
        self, service: str, operation: str, expected: Collection[str], **parameters: Any
    ) -> Iterator[dict[str, Any] | Refusal]:
        """As `pages`, but an error of AWS's whose code is in `expected` is the last value."""
        token: dict[str, str] = {}
        seen: set[str] = set()
        while True:
            answer = self.try_call(service, operation, expected, **parameters, **token)
            yield answer
            if isinstance(answer, Refusal):
                return
            try:
                token = answers.next_token(answer, seen)
            except faults.OddAnswerError as error:
                raise faults.translate(error, self._call(service, operation)) from None
            if not token:
                return

    def caller(self) -> CallerIdentity:
        """Who this session is, asked once: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html."""
        if self._caller is None:
            answer = self.call("sts", "get_caller_identity")
            arn = str(answer.get("Arn", ""))
            parts = arn.split(":")
            if len(parts) < 6 or parts[0] != "arn" or not arn.isprintable():  # noqa: PLR2004 - an ARN has six parts
                what = f"it says that the caller is '{faults.clean(arn)}', which is no ARN"
                raise ServiceError(Problem("AWS sts:GetCallerIdentity", what, "check --endpoint-url"))
            account = str(answer["Account"])
            if not limits.ACCOUNT_ID.admits(account):
                what = f"it says that the caller's account is '{faults.clean(account)}', which is no account ID"
                raise ServiceError(Problem("AWS sts:GetCallerIdentity", what, "check --endpoint-url"))
            self._caller = CallerIdentity(account, arn, parts[1])
        return self._caller

    def _ask(self, service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """The answer, which is one that AWS gives; raises `faults.FAULTS`, and nothing else for whatever comes."""
        client = self.client(service)
        method = getattr(client, operation)
        with wire.one_call() as call:
            try:
                answer: dict[str, Any] = method(**parameters)
            except Exception as error:
                if call.odd:
                    raise faults.OddAnswerError(call.odd) from None
                if isinstance(error, (*faults.OF_BOTOCORE, DeputizeError)):
                    raise
                raise faults.odd_answer(error) from None
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        answers.check_types(model.output_shape, answer)
        answers.check_needed(self._call(service, operation).action, answer)
        return answer

    def _config(self) -> Config:
        # A proxy of the environment is never the way to this computer itself.
        local = urlsplit(self._target.endpoint_url or "").hostname in _LOOPBACK
        return Config(
            user_agent_extra=f"deputize/{self._version}",
            connect_timeout=_CONNECT_TIMEOUT,
            read_timeout=_READ_TIMEOUT,
            proxies={} if local else None,
        )

    def _call(self, service: str, operation: str) -> faults.Call:
        name = "".join(part.capitalize() for part in operation.split("_"))
        return faults.Call(service, name, self._region or "")

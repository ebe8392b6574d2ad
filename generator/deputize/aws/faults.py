"""Every fault of AWS or on the way to it, said once: where, what and how to mend it, never with a credential in it.

Error codes: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and each service's own page;
botocore's exceptions are those of `botocore.exceptions`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from deputize.errors import Problem, ServiceError
from deputize.model.format import DEPLOYER_POLICY


class OddAnswerError(Exception):
    """An answer that AWS does not give. Its text says what is odd, as in `has no Account`, and repeats nothing."""


# botocore's words for a call that did not succeed. Whatever else it raises comes of an odd answer.
OF_BOTOCORE = (boto.BotoCoreError, boto.ClientError)
# Faults before or instead of an answer; ValueError is botocore's word for a malformed endpoint.
FAULTS = (*OF_BOTOCORE, ResponseParserError, OddAnswerError, ValueError)

_ACCESS_KEY = re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b", re.ASCII)
_USER_INFO = re.compile(r"//[^/@\s]+@", re.ASCII)
_ACTION = re.compile(r"perform: ([a-z0-9-]+:[A-Za-z0-9*]+)", re.ASCII)
_ELEMENT = re.compile(r"[A-Z][A-Za-z]{1,60}", re.ASCII)
_LONGEST = 1000  # characters of a foreign message that are shown

_DENIED = "AccessDenied"
_FORBIDDEN = 403  # the HTTP status of AWS's AccessDenied
_RENEW = "sign in again (aws sso login, aws login) or export fresh ones"

# Too many calls: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html, and the pages of others.
THROTTLED = (
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "SlowDown",
)


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked of AWS: service and operation as in an IAM action, and through which region and endpoint."""

    service: str
    operation: str
    region: str
    endpoint: str = ""

    @property
    def action(self) -> str:
        """The IAM action, as in `cloudformation:CreateChangeSet`."""
        return f"{self.service}:{self.operation}"


def clean(text: str) -> str:
    """Foreign text for a message: one line, printable, no access key and no user:password of a URL, cut to length."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    line = _USER_INFO.sub("//", _ACCESS_KEY.sub("[access key]", line))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def error_code(error: Exception) -> str:
    """AWS's own code of a refusal, as in `AccessDenied`, or an empty text for anything else."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, boto.ClientError) else ""


def odd_answer(error: Exception) -> OddAnswerError:
    """What botocore's parser raised, as a fault: not in its own words, which may repeat the answer, credentials too."""
    if isinstance(error, OddAnswerError):
        return error
    lacks = isinstance(error, KeyError) and _ELEMENT.fullmatch(str(error.args[0]))
    return OddAnswerError(f"has no {lacks[0]}" if lacks else "cannot be read")


def error_message(error: Any) -> str:
    """AWS's own words, made harmless; they name no secret except for signature faults, which never come here."""
    return clean(str(error.response.get("Error", {}).get("Message", ""))).rstrip(".")


def is_odd_refusal(error: Exception) -> bool:
    """Whether an answer says AccessDenied with another status than 403, as AWS never does: then it is no refusal.

    https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
    """
    return error_code(error) == _DENIED and _status(error) != _FORBIDDEN


def _status(error: Any) -> object:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")


def translate(error: Exception, call: Call) -> ServiceError:
    """The one translation of botocore's exceptions: `error`, raised by `call`, as what a person can act on."""
    if isinstance(error, boto.ClientError):
        make = _BY_CODE.get(error_code(error), _other)
        return ServiceError(make(error, call))
    for kinds, problem in _BY_KIND:
        if isinstance(error, kinds):
            return ServiceError(problem(error, call))
    return ServiceError(Problem(f"AWS {call.action}", clean(str(error))))


def _expired(_error: Any, _call: Call) -> Problem:
    return Problem("AWS credentials", "they have expired", _RENEW)


def _unknown_key(_error: Any, call: Call) -> Problem:
    return Problem(
        "AWS credentials",
        f"AWS does not know them in region {call.region}",
        "check the access key and its session token, and that the account has this region enabled",
    )


def _signature(_error: Any, _call: Call) -> Problem:
    # AWS's message may repeat the signed request with the session token in it, so none of it is shown.
    what = "AWS refused the signature made with them"
    return Problem("AWS credentials", what, "check the secret access key and this computer's clock")


def _denied(error: Any, call: Call) -> Problem:
    message = error_message(error)
    if is_odd_refusal(error):
        what = f"it answered AccessDenied with HTTP status {_status(error)}, which AWS never does: that is no refusal"
        return Problem(f"AWS {call.action}", what, "check --endpoint-url and the proxies on the way")
    named = _ACTION.search(message)
    action = named.group(1) if named else call.action
    mend = f"allow {action} for whoever runs this"
    if call.service in {"cloudformation", "iam"}:
        mend += f"; the bundle's {DEPLOYER_POLICY} lists all that deploying needs"
    return Problem(f"AWS {action}", f"access denied: {message}", mend)


def _throttled(error: Any, call: Call) -> Problem:
    retries = error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0)
    return Problem(f"AWS {call.action}", f"throttled, {retries} retries later too", "wait a minute and run it again")


def _not_enabled(_error: Any, call: Call) -> Problem:
    what = f"{call.service} is not enabled for this account in region {call.region}"
    return Problem("--region", what, "enable the region in the account, or choose another")


def _unavailable(error: Any, call: Call) -> Problem:
    what = f"AWS itself failed: {error_code(error)}: {error_message(error)}"
    return Problem(f"AWS {call.action}", what, "wait a minute and run it again; health.aws.amazon.com shows outages")


def _limit(error: Any, call: Call) -> Problem:
    return Problem(f"AWS {call.action}", f"a quota of the account is used up: {error_message(error)}", "have it raised")


def _other(error: Any, call: Call) -> Problem:
    return Problem(f"AWS {call.action}", f"{error_code(error)}: {error_message(error)}")


_BY_CODE: dict[str, Callable[[Any, Call], Problem]] = {
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"), _expired),
    **dict.fromkeys(
        (
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidAccessKeyId",
            "AuthFailure",
            "InvalidToken",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
        ),
        _unknown_key,
    ),
    **dict.fromkeys(
        (
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "RequestTimeTooSkewed",
            "RequestInTheFuture",
        ),
        _signature,
    ),
    **dict.fromkeys(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"), _denied),
    **dict.fromkeys(THROTTLED, _throttled),
    **dict.fromkeys(("RegionDisabledException", "OptInRequired", "SubscriptionRequiredException"), _not_enabled),
    **dict.fromkeys(
        (
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "InternalFailure",
            "InternalError",
            "InternalServerError",
        ),
        _unavailable,
    ),
    **dict.fromkeys(("LimitExceeded", "LimitExceededException"), _limit),
}


def _no_credentials(_error: Any, _call: Call) -> Problem:
    mend = "give --profile, sign in (aws sso login, aws login) or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
    return Problem("AWS credentials", "there are none", mend)


def _partial_credentials(error: Any, _call: Call) -> Problem:
    return Problem("AWS credentials", f"they lack {clean(str(error.kwargs['cred_var']))}", "set all parts of the key")


def _no_retrieval(error: Any, _call: Call) -> Problem:
    # A credential process's own words are not repeated: nobody knows what is in them.
    source = clean(str(error.kwargs.get("provider", type(error).__name__)))
    return Problem("AWS credentials", f"they could not be fetched ({source})", _RENEW)


def _no_profile(error: Any, _call: Call) -> Problem:
    profile = clean(str(error.kwargs["profile"]))
    return Problem(
        "--profile", f"'{profile}' is not in the AWS configuration", "aws configure list-profiles shows them"
    )


def _configuration(error: Any, _call: Call) -> Problem:
    return Problem("AWS configuration", clean(str(error)), "correct the file that AWS_CONFIG_FILE names, or ~/.aws")


def no_region() -> Problem:
    """No option, environment variable or profile names a region."""
    return Problem("--region", "no region is set", "give --region, set AWS_REGION or a region in the profile")


def _no_region(_error: Any, _call: Call) -> Problem:
    return no_region()


def _bad_region(_error: Any, call: Call) -> Problem:
    return Problem("--region", f"'{clean(call.region)}' is not a region's name", "give one like us-east-1")


def _proxy(error: Any, call: Call) -> Problem:
    what = f"the proxy could not be reached: {clean(str(error.kwargs.get('proxy_url', '')))}"
    return Problem(_endpoint(call), what, "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY")


def _tls(error: Any, call: Call) -> Problem:
    what = f"its certificate was not accepted: {clean(str(error.kwargs.get('error', '')))}"
    return Problem(_endpoint(call), what, "name the right certificates in AWS_CA_BUNDLE")


def _unreachable(error: Any, call: Call) -> Problem:
    url = clean(str(error.kwargs.get("endpoint_url", "")))
    mend = "check the network, --region and --endpoint-url"
    return Problem(_endpoint(call), f"it could not be reached: {url}" if url else "it could not be reached", mend)


def _not_aws(error: Any, call: Call) -> Problem:
    what = f"it does not answer as AWS does: its answer to {call.action} {odd_answer(error)}"
    return Problem(_endpoint(call), what, "check --endpoint-url, and any proxy on the way")


def _bad_endpoint(error: Any, _call: Call) -> Problem:
    return Problem("--endpoint-url", clean(str(error)), "give one like http://127.0.0.1:4566")


def _endpoint(call: Call) -> str:
    return f"AWS endpoint of {call.service} in {clean(call.region) or 'no region'}"


# The first line that fits counts: a subclass stands before its base.
_BY_KIND: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Any, Call], Problem]], ...] = (
    (boto.NoCredentialsError, _no_credentials),
    (boto.PartialCredentialsError, _partial_credentials),
    ((boto.CredentialRetrievalError, boto.TokenRetrievalError, boto.SSOError, boto.LoginError), _no_retrieval),
    (boto.ProfileNotFound, _no_profile),
    ((boto.ConfigParseError, boto.ConfigNotFound, boto.InvalidConfigError), _configuration),
    (boto.NoRegionError, _no_region),
    (boto.InvalidRegionError, _bad_region),
    (boto.ProxyConnectionError, _proxy),
    (boto.SSLError, _tls),
    ((boto.ConnectionError, boto.HTTPClientError), _unreachable),
    ((ResponseParserError, OddAnswerError), _not_aws),
    (ValueError, _bad_endpoint),
)

"""Endpoints: what each protocol takes.

Source: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
"""

import re
from urllib.parse import urlsplit

from penstock.arn import Arn
from penstock.services.sns import limits
from penstock.services.sns.errors import invalid_parameter, not_implemented
from penstock.services.sns.subscriptions.subscription import Protocol

_ABSENT = ("sms", "application", "firehose")
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def asked_protocol(text: object) -> Protocol:
    """Returns the protocol; AwsError ``InvalidParameter``, or ``NotImplemented`` for those that only AWS has."""
    if text in _ABSENT:
        raise not_implemented(f"The protocol {text} of subscriptions")
    try:
        return Protocol(str(text))
    except ValueError:
        raise invalid_parameter(f"Does not support this protocol string: {text}") from None


def check_endpoint(protocol: Protocol, endpoint: str, *, fifo: bool) -> None:
    """Returns when the endpoint is one of the protocol, and of such a topic; else AwsError ``InvalidParameter``."""
    if not endpoint or len(endpoint) > limits.MAX_ENDPOINT or not endpoint.isprintable():
        raise invalid_parameter("Endpoint")
    if fifo and protocol is not Protocol.SQS:
        raise invalid_parameter(
            f"Invalid protocol type: {protocol} Reason: FIFO topics deliver to Amazon SQS queues only"
        )
    match protocol:
        case Protocol.SQS:
            _check_arn(endpoint, "sqs", "SQS endpoint ARN")
            if endpoint.endswith(".fifo") and not fifo:
                raise invalid_parameter(
                    "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
                )
        case Protocol.LAMBDA:
            _check_arn(endpoint, "lambda", "Lambda endpoint ARN")
        case Protocol.HTTP | Protocol.HTTPS:
            _check_url(endpoint, protocol)
        case Protocol.EMAIL | Protocol.EMAIL_JSON:
            if len(endpoint) > 254 or not _MAIL.fullmatch(endpoint):
                raise invalid_parameter("Email address")


def account_of(protocol: Protocol, endpoint: str) -> str | None:
    """Returns the account that owns the endpoint; None when it is outside of AWS."""
    return Arn.parse(endpoint).account if protocol in (Protocol.SQS, Protocol.LAMBDA) else None


def _check_arn(text: str, service: str, what: str) -> None:
    try:
        arn = Arn.parse(text)
    except ValueError:
        raise invalid_parameter(what) from None
    if arn.service != service or not (arn.region and arn.account):
        raise invalid_parameter(what)


def _check_url(text: str, protocol: Protocol) -> None:
    if not text.lower().startswith(f"{protocol}://"):
        raise invalid_parameter("Endpoint must match the specified protocol")
    try:
        parts = urlsplit(text)
        valid = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid or not text.isascii() or " " in text or "\\" in text:
        raise invalid_parameter("Endpoint Reason: Please use a valid URL")

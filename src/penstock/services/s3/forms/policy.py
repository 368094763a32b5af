"""The policy of a form: what its signer allows to be posted.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from penstock.services.s3.forms.errors import against_policy, invalid_policy
from penstock.services.s3.forms.form import Sizes

_RANGE = "content-length-range"
_UNCONDITIONAL = frozenset(("awsaccesskeyid", "file", "policy", "signature", "x-amz-signature"))
_IGNORED = "x-ignore-"
_MAX_SIZE = 2**63 - 1
# The page lists \$ and \v among the escapes, which JSON does not know.
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_FOREIGN = {b"$": b"$", b"v": b"\\u000b"}


class Operator(StrEnum):
    """How a condition compares, in AWS's words."""

    EQ = "eq"
    STARTS_WITH = "starts-with"


class Condition(NamedTuple):
    """``shown`` is the field's name as the policy writes it, ``name`` in lower case."""

    operator: Operator
    shown: str
    value: str

    @property
    def name(self) -> str:
        """Returns the field's name in lower case."""
        return self.shown.lower()

    def holds(self, found: str | None) -> bool:
        """Returns whether the field's value is allowed; a field that is not there never is."""
        if found is None:
            return False
        if self.operator is Operator.EQ:
            return found == self.value
        # A list of content types is allowed when each of them is.
        values = found.split(",") if self.name == "content-type" else [found]
        return all(value.strip().startswith(self.value) for value in values)

    def text(self) -> str:
        """Returns the condition as refusals show it."""
        return _shown([self.operator, f"${self.shown}", self.value])


class FormPolicy(NamedTuple):
    """What the signer allows, until when, and for files of which size."""

    expires_ms: int
    conditions: tuple[Condition, ...]
    sizes: Sizes

    def check(self, fields: Mapping[str, str], now_ms: int) -> None:
        """Returns when the policy allows a form with these fields (``bucket`` is one); else AwsError ``AccessDenied``.

        Each field must stand in a condition, but for those that the page leaves out.
        """
        if now_ms >= self.expires_ms:
            raise against_policy("Policy expired.")
        for condition in self.conditions:
            if not condition.holds(fields.get(condition.name)):
                raise _failed(condition.text())
        covered = {condition.name for condition in self.conditions} | _UNCONDITIONAL
        for name in fields:
            if name not in covered and not name.startswith(_IGNORED):
                raise against_policy(f"Extra input fields: {name}")


def parse_form_policy(text: str) -> FormPolicy:
    """Returns the policy of the field's Base64 text; AwsError ``InvalidPolicyDocument``."""
    document = _document(text)
    for member in ("expiration", "conditions"):
        if member not in document:
            raise invalid_policy(f"Policy missing {member}.")
    if not isinstance(document["conditions"], list):
        raise invalid_policy("Invalid 'conditions' value: must be a List.")
    conditions: list[Condition] = []
    sizes = Sizes()
    for raw in document["conditions"]:
        if isinstance(raw, list) and raw and raw[0] == _RANGE:
            sizes = _narrowed(sizes, raw)
        else:
            conditions.append(_condition(raw))
    return FormPolicy(_expiration(document["expiration"]), tuple(conditions), sizes)


def _document(text: str) -> dict[str, Any]:
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        raise invalid_policy("Invalid Base64 encoding.") from None
    try:
        document = orjson.loads(_ESCAPE.sub(_json_escape, data))
    except orjson.JSONDecodeError:
        raise invalid_policy("Invalid JSON.") from None
    if not isinstance(document, dict):
        raise invalid_policy("Invalid JSON.")
    return document


def _json_escape(found: re.Match[bytes]) -> bytes:
    return _FOREIGN.get(found[1], found[0])


def _expiration(value: object) -> int:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise invalid_policy(f"Invalid 'expiration' value: '{_plain(value)}'")
    return int(moment.timestamp() * 1000)


def _condition(raw: object) -> Condition:
    if isinstance(raw, dict):
        return _simple(raw)
    if not isinstance(raw, list):
        raise invalid_policy("Invalid condition test: must be a List or Object.")
    if not raw:
        raise invalid_policy("Invalid Condition: missing operation identifier.")
    if raw[0] not in list(Operator):
        raise invalid_policy(f"Invalid Condition: unknown operation '{_plain(raw[0])}'.")
    if len(raw) != 3:
        raise invalid_policy(f"Invalid {raw[0]}: wrong number of arguments.")
    _, name, value = raw
    if not isinstance(name, str) or not name.startswith("$") or not isinstance(value, str):
        raise _failed(_shown(raw))
    return Condition(Operator(raw[0]), name[1:], value)


def _simple(raw: dict[str, Any]) -> Condition:
    if len(raw) != 1:
        reason = "Simple-Conditions must have exactly one property specified."
        raise invalid_policy(f"Invalid Simple-Condition: {reason}")
    ((name, value),) = raw.items()
    if not isinstance(value, str):
        raise invalid_policy("Invalid Simple-Condition: value must be a string.")
    return Condition(Operator.EQ, name, value)


def _narrowed(sizes: Sizes, raw: list[Any]) -> Sizes:
    if len(raw) != 3:
        raise invalid_policy(f"Invalid {_RANGE}: wrong number of arguments.")
    least, most = raw[1:]
    for bound in (least, most):
        if type(bound) is not int or not 0 <= bound <= _MAX_SIZE:
            raise _failed(_shown(raw))
    return Sizes(max(sizes.least, least), min(sizes.most, most))


def _shown(raw: list[Any]) -> str:
    return json.dumps([_plain(value) for value in raw], ensure_ascii=False)


def _plain(value: object) -> str | int | float | None:
    """Returns what may be repeated in a refusal: of nested values only that they are."""
    return value if isinstance(value, str | int | float | None) else "..."


def _failed(condition: str) -> Exception:
    return against_policy(f"Policy Condition failed: {condition}")

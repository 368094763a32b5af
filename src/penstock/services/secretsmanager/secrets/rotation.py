"""How a secret is rotated, and how far the rotation under way is.

Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from penstock.schedules import parse_rule_schedule
from penstock.server import Params
from penstock.services.secretsmanager.errors import invalid_parameter, invalid_request
from penstock.services.secretsmanager.secrets.secret import Secret
from penstock.services.secretsmanager.secrets.version import (
    CURRENT,
    add_empty_version,
    all_versions,
    holder,
    move_stage,
)
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

PENDING = "AWSPENDING"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")

_DAY_MS = 86_400_000
_PAUSES_MS = (5_000, 30_000, 60_000, 300_000)
"""How long after each failure a step is tried again; then the rotation is given up until the next one is due."""


class Rotation(NamedTuple):
    """How one secret is rotated. ``token`` is the version of the rotation under way, of which ``step`` is due."""

    secret: int
    function: str
    rules: Mapping[str, Any]
    is_enabled: bool
    rotated_ms: int | None
    next_ms: int | None
    token: str | None = None
    step: int = 0
    tries: int = 0
    due_ms: int | None = None

    def shown(self) -> Params:
        """Returns what DescribeSecret says of it."""
        shown: Params = {
            "RotationEnabled": self.is_enabled,
            "RotationLambdaARN": self.function,
            "RotationRules": dict(self.rules),
        }
        times = {"LastRotatedDate": self.rotated_ms, "NextRotationDate": self.next_ms}
        return {**shown, **{name: time_ms for name, time_ms in times.items() if time_ms is not None}}

    def planned(self, now_ms: int) -> "Rotation":
        """Returns it with no rotation under way, and the next one when the rules say."""
        next_ms = next_rotation(self.rules, now_ms) if self.is_enabled else None
        return self._replace(token=None, step=0, tries=0, next_ms=next_ms, due_ms=next_ms)


def next_rotation(rules: Mapping[str, Any], after_ms: int) -> int | None:
    """Returns when the rules say that the secret is rotated next; AwsError for rules that say nothing or too much."""
    days, expression = rules.get("AutomaticallyAfterDays"), rules.get("ScheduleExpression")
    if days is not None and expression is not None:
        raise invalid_parameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression.")
    if days is not None:
        return after_ms + int(days) * _DAY_MS
    if expression is None:
        return None
    try:
        return parse_rule_schedule(str(expression)).next_ms(after_ms)
    except ValueError:
        raise invalid_parameter("Invalid schedule expression.") from None


def find_rotation(tx: ReadTx, secret: int) -> Rotation | None:
    """Returns how the secret is rotated; None when it never was to be."""
    row = tx.one(Q.find_rotation, secret)
    return rotation_of(row) if row else None


def rotation_of(row: Row) -> Rotation:
    """Returns the rotation in a row."""
    secret, function, rules, enabled, *rest = row
    return Rotation(secret, function, orjson.loads(rules), bool(enabled), *rest)


def put_rotation(tx: Tx, rotation: Rotation) -> None:
    """Stores how the secret is rotated, and how far it is."""
    tx.run(Q.put_rotation, *rotation._replace(rules=orjson.dumps(dict(rotation.rules)).decode()))  # type: ignore[arg-type]


def begin(tx: Tx, secret: Secret, rotation: Rotation, token: str) -> None:
    """Makes the version that is to be, without a value yet; AwsError ``InvalidRequestException``."""
    pending = holder(all_versions(tx, secret), PENDING)
    if pending is not None and CURRENT not in pending.stages and pending.name != token:
        if rotation.token is not None:
            raise invalid_request("A previous rotation isn't complete. That rotation will be reattempted.")
        move_stage(tx, secret, PENDING, None)  # of one that was given up
    add_empty_version(tx, secret, token, PENDING)
    put_rotation(tx, rotation._replace(token=token, step=0, tries=0, due_ms=tx.now_ms))


def advance(tx: Tx, rotation: Rotation) -> None:
    """Writes down that the step has been taken; behind the last one the secret has been rotated."""
    step = rotation.step + 1
    if step < len(STEPS):
        put_rotation(tx, rotation._replace(step=step, tries=0, due_ms=tx.now_ms))
        return
    put_rotation(tx, rotation._replace(rotated_ms=tx.now_ms).planned(tx.now_ms))


def fail(tx: Tx, rotation: Rotation) -> bool:
    """Writes down that the step failed; returns whether it will be tried again before the next rotation."""
    if rotation.tries < len(_PAUSES_MS):
        due_ms = tx.now_ms + _PAUSES_MS[rotation.tries]
        put_rotation(tx, rotation._replace(tries=rotation.tries + 1, due_ms=due_ms))
        return True
    put_rotation(tx, rotation.planned(tx.now_ms))
    return False

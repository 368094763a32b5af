"""An event source mapping: which queue feeds which function, and how."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

from penstock.arn import Arn, arn
from penstock.delivery import Precedence
from penstock.server import resource_tag_keys
from penstock.services.lambda_.errors import not_found
from penstock.services.lambda_.names import FunctionName, resolve
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

_ARN = re.compile(r"arn:aws:lambda:([^:]+):([^:]+):event-source-mapping:([^:]+)")


LASTS_MS = 250
"""How long each step from one state to the next takes, by the server's clock; at AWS some seconds."""

_WITHOUT_RESULT = ("sqs",)  # AWS says how the last batch went of streams only


class State(StrEnum):
    """AWS's states of a mapping; from those that end in -ing it moves on by itself."""

    CREATING = "Creating"
    ENABLING = "Enabling"
    ENABLED = "Enabled"
    UPDATING = "Updating"
    DISABLING = "Disabling"
    DISABLED = "Disabled"
    DELETING = "Deleting"

    @property
    def is_moving(self) -> bool:
        """Returns whether it has yet to arrive."""
        return self not in (State.ENABLED, State.DISABLED)


@dataclass(frozen=True, slots=True)
class Mapping:
    """One row of ``lambda_mapping``. ``settings`` has AWS's member names.

    ``function`` is a name, with the qualifier if there is one.
    """

    id: int
    uuid: str
    account: str
    region: str
    function: str
    source_arn: str
    enabled: bool
    settings: dict[str, Any]
    tags: dict[str, str]
    modified_ms: int
    result: str
    state: State

    @property
    def is_read(self) -> bool:
        """Returns whether messages are taken from the source now."""
        return self.state is State.ENABLED or (self.state is State.UPDATING and self.enabled)

    @property
    def function_name(self) -> FunctionName:
        """Returns what is fed."""
        return resolve(self.function, None, account=self.account, region=self.region)

    @property
    def function_arn(self) -> str:
        """Returns the ARN of the function, or of its version or alias."""
        return arn("lambda", self.region, self.account, f"function:{self.function}")

    @property
    def precedence(self) -> Precedence:
        """Returns what its tags say."""
        return Precedence.of_tags(self.tags)

    @property
    def batch_size(self) -> int:
        """Returns how many messages one invocation gets at most."""
        return int(self.settings["BatchSize"])

    def configuration(self) -> dict[str, Any]:
        """Returns AWS's EventSourceMappingConfiguration."""
        shown = {
            "FunctionResponseTypes": [],
            **self.settings,
            "UUID": self.uuid,
            "EventSourceArn": self.source_arn,
            "FunctionArn": self.function_arn,
            "EventSourceMappingArn": mapping_arn(self.region, self.account, self.uuid),
            "LastModified": datetime.fromtimestamp(self.modified_ms / 1000, UTC),
            "State": self.state.value,
            "StateTransitionReason": "USER_INITIATED",
        }
        if Arn.parse(self.source_arn).service not in _WITHOUT_RESULT:
            shown["LastProcessingResult"] = self.result
        return shown


def mapping_arn(region: str, account: str, uuid: str) -> str:
    """Returns the ARN of the mapping ``uuid``."""
    return arn("lambda", region, account, f"event-source-mapping:{uuid}")


def mapping_resource_keys(tx: ReadTx, arn: str) -> dict[str, str]:
    """Returns the condition keys that the mapping with this ARN brings: its function's ARN and its tags."""
    found = _ARN.fullmatch(arn)
    row = tx.one(Q.find_mapping, found[2], found[1], found[3]) if found else None
    if row is None:
        return {}
    mapping = _mapping(row)
    return {"lambda:FunctionArn": mapping.function_arn, **resource_tag_keys(mapping.tags)}


def get_mapping(tx: ReadTx, account: str, region: str, uuid: str) -> Mapping:
    """Returns the mapping; AwsError ``ResourceNotFoundException``."""
    row = tx.one(Q.find_mapping, account, region, uuid)
    if row is None:
        raise not_found("The resource you requested does not exist.")
    return _mapping(row)


def find_mapping(tx: ReadTx, uuid: str) -> Mapping | None:
    """Returns the mapping, of whatever account and region, or None."""
    row = tx.one(Q.find_mapping_anywhere, uuid)
    return _mapping(row) if row else None


def mapping_page(
    tx: ReadTx, account: str, region: str, after: int, function: str, source_arn: str, limit: int
) -> list[Mapping]:
    """Returns at most ``limit`` mappings in the order of their making, of one function or source when given."""
    rows = tx.all(
        Q.find_mapping_page, account, region, after, function, function, source_arn, source_arn, limit
    )
    return [_mapping(row) for row in rows]


def read_mappings(tx: ReadTx) -> list[Mapping]:
    """Returns every mapping whose source is read, of all accounts and regions."""
    found = [_mapping(row) for row in tx.all(Q.find_enabled_mappings)]
    return [mapping for mapping in found if mapping.is_read]


def moving_mappings(tx: ReadTx, until_ms: int) -> list[Mapping]:
    """Returns some mappings that move on at ``until_ms`` or before."""
    return [_mapping(row) for row in tx.all(Q.find_moving_mappings, until_ms)]


def next_move_ms(tx: ReadTx) -> int | None:
    """Returns when the next mapping moves on, or None."""
    row = tx.one(Q.find_next_mapping_move)
    return row[0] if row else None


def move_on(tx: Tx, mapping: Mapping) -> State | None:
    """Returns the state that the mapping is in now; None when it has gone."""
    if mapping.state is State.DELETING:
        tx.run(Q.delete_mapping, mapping.id)
        return None
    arrived = State.ENABLED if mapping.enabled else State.DISABLED
    state = State.ENABLING if mapping.state is State.CREATING and mapping.enabled else arrived
    tx.run(Q.put_state, state.value, tx.now_ms + LASTS_MS if state.is_moving else None, mapping.id)
    return state


def _mapping(row: Row) -> Mapping:
    *named, enabled, settings, tags, modified_ms, result, state = row
    columns: list[Any] = [
        *named,
        bool(enabled),
        orjson.loads(settings),
        orjson.loads(tags),
        modified_ms,
        result,
        State(state),
    ]
    return Mapping(*columns)

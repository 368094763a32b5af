"""A function, as every operation and every worker needs it."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import orjson

from penstock.access import Policy, parse_policy
from penstock.arn import arn
from penstock.server import resource_tag_keys
from penstock.services.lambda_.errors import function_not_found, stale_revision
from penstock.services.lambda_.functions.credentials import SERVICE, session_name
from penstock.services.lambda_.functions.phase import SHOWN, Phase
from penstock.services.lambda_.functions.stored_settings import decode_settings
from penstock.services.lambda_.names import LATEST, FunctionName
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

_CODE_REFS = (Q.find_code_refs, Q.find_version_code_refs, Q.find_layer_code_refs)


class Holder(Enum):
    """Whose a policy and an event invoke configuration are."""

    FUNCTION = "function"
    VERSION = "version"
    ALIAS = "alias"


@dataclass(frozen=True, slots=True)
class Function:
    """One row of ``lambda_function``, or what a version or an alias makes of it.

    ``settings`` has AWS's member names; ``code`` is a reference to the zip. ``tag_keys`` are the condition keys of its
    tags. ``version`` is which one runs, ``qualifier`` the version or alias by which it was found, "" without one, and
    ``weights`` the share of each version that the alias leads to besides. ``holder_id`` is the row of the version or
    alias, 0 without one.
    """

    id: int
    account: str
    region: str
    name: str
    role: str
    generation: int
    revision: str
    code: str
    code_sha256: str
    code_size: int
    modified_ms: int
    reserved: int | None
    recursive_loop: str
    phase: Phase
    settings: dict[str, Any]
    tags: dict[str, str]
    async_config: dict[str, Any] | None
    policy_text: str | None
    policy: Policy | None
    tag_keys: dict[str, str]
    last_version: int
    version: str = LATEST
    qualifier: str = ""
    weights: dict[str, float] = field(default_factory=dict)
    holder: Holder = Holder.FUNCTION
    holder_id: int = 0

    @property
    def arn(self) -> str:
        """Returns the unqualified ARN."""
        return _arn(self.account, self.region, self.name)

    @property
    def qualified_arn(self) -> str:
        """Returns the ARN by which it was found."""
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn

    @property
    def whole_arn(self) -> str:
        """Returns the ARN by which it was found, with ``$LATEST`` when that had no qualifier."""
        return f"{self.arn}:{self.qualifier or LATEST}"

    @property
    def holder_row(self) -> int:
        """Returns the id of the row that the policy and ``async_config`` are of."""
        return self.holder_id or self.id

    @property
    def worker_key(self) -> tuple[int, str]:
        """Returns what its workers have in common, whatever their generation."""
        return self.id, self.version

    @property
    def service(self) -> str:
        """Returns who assumes its role."""
        return SERVICE

    @property
    def session_name(self) -> str:
        """Returns what its role's sessions are called."""
        return session_name(self.name)

    @property
    def timeout_s(self) -> int:
        """Returns after how many seconds an invocation is killed."""
        return int(self.settings["Timeout"])

    @property
    def memory_mb(self) -> int:
        """Returns how much memory a worker may use."""
        return int(self.settings["MemorySize"])

    @property
    def logging(self) -> dict[str, str]:
        """Returns AWS's LoggingConfig."""
        found: dict[str, str] = self.settings["LoggingConfig"]
        return found

    @property
    def logs_json(self) -> bool:
        """Returns whether what Lambda writes into the log, and the runtime's loggers, is JSON."""
        return self.logging["LogFormat"] == "JSON"

    @property
    def log_group(self) -> str:
        """Returns the group that its log streams are in."""
        return self.logging["LogGroup"]

    @property
    def dead_letter_arn(self) -> str:
        """Returns the ARN of the dead-letter queue, or ""."""
        return str(self.settings.get("DeadLetterConfig", {}).get("TargetArn", ""))

    @property
    def layers(self) -> tuple[str, ...]:
        """Returns the zips of the layers that it uses, in their order; what is part of this server has none."""
        return tuple(each["Code"] for each in self.settings.get("Layers", ()) if each["Code"])

    @property
    def codes(self) -> tuple[str, ...]:
        """Returns its package and the zips of its layers."""
        return self.code, *self.layers

    def summary(self, qualifier: str = "") -> dict[str, Any]:
        """Returns what lists of functions have of AWS's FunctionConfiguration."""
        settings = self.settings
        return {
            "FunctionName": self.name,
            "FunctionArn": f"{self.arn}:{qualifier}" if qualifier else self.arn,
            "Role": self.role,
            "CodeSize": self.code_size,
            "CodeSha256": self.code_sha256,
            "LastModified": _iso(self.modified_ms),
            "Version": self.version,
            "RevisionId": self.revision,
            "PackageType": "Zip",
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "RuntimeVersionConfig": {
                "RuntimeVersionArn": runtime_version_arn(self.region, settings["Runtime"])
            },
            **settings,
            **self._shown_layers(),
        }

    def _shown_layers(self) -> dict[str, Any]:
        used = self.settings.get("Layers")
        return (
            {"Layers": [{"Arn": each["Arn"], "CodeSize": each["CodeSize"]} for each in used]} if used else {}
        )

    def configuration(self, qualifier: str = "") -> dict[str, Any]:
        """Returns AWS's FunctionConfiguration, with where the function stands."""
        return {**self.summary(qualifier), **SHOWN[self.phase]}


def find_function(tx: ReadTx, account: str, region: str, name: str) -> Function | None:
    """Returns the function, or None. Whoever changes its row calls ``tx.forget("lambda.function", cache_key(…))``."""
    return tx.cached("lambda.function", (account, region, name), _load)


def get_function(tx: ReadTx, name: FunctionName) -> Function:
    """Returns the function; AwsError ``ResourceNotFoundException``."""
    function = find_function(tx, name.account, name.region, name.name)
    if function is None:
        raise function_not_found(f"{name.arn}:{name.qualifier}" if name.qualifier else name.arn)
    return function


def get_revision(tx: ReadTx, name: FunctionName, revision: str | None) -> Function:
    """Returns the function; AwsError ``PreconditionFailedException`` when it is not at ``revision`` any more."""
    function = get_function(tx, name)
    if revision and revision != function.revision:
        raise stale_revision()
    return function


def function_page(tx: ReadTx, account: str, region: str, after: str, limit: int) -> list[Function]:
    """Returns at most ``limit`` functions in the order of their names, from behind ``after``."""
    return [_function(tx, row) for row in tx.all(Q.find_function_page, account, region, after, limit)]


def cache_key(function: Function | FunctionName) -> tuple[str, str, str]:
    """Returns what ``tx.forget("lambda.function", …)`` takes."""
    return function.account, function.region, function.name


def _load(tx: ReadTx, key: tuple[str, str, str]) -> Function | None:
    row = tx.one(Q.find_function, *key)
    return _function(tx, row) if row else None


def _function(tx: ReadTx, row: Row) -> Function:
    _, account, region, name = row[:4]
    phase, settings, tags, async_config, policy, last_version = row[-6:]
    own_tags = orjson.loads(tags)
    columns: list[Any] = [
        *row[:-6],
        Phase(phase),
        decode_settings(tx.sealer, _arn(account, region, name), settings),
        own_tags,
        orjson.loads(async_config) if async_config else None,
        policy,
        parse_policy(policy, kind="resource") if policy else None,
        resource_tag_keys(own_tags),
        last_version,
    ]
    return Function(*columns)


def _arn(account: str, region: str, name: str) -> str:
    return arn("lambda", region, account, f"function:{name}")


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}+0000"


def runtime_version_arn(region: str, runtime: str) -> str:
    """Returns the ARN of the version of ``runtime`` that runs the function: AWS's are opaque, this one is a digest."""
    return f"arn:aws:lambda:{region}::runtime:{hashlib.sha256(runtime.encode()).hexdigest()}"


def make_ready(tx: Tx, function: Function) -> None:
    """Ends the phase that the function is in, which gives it a new revision."""
    tx.run(Q.put_ready, tx.ids.uuid(), function.id)
    tx.forget("lambda.function", cache_key(function))


def moving_functions(tx: ReadTx, until_ms: int) -> list[Function]:
    """Returns some functions whose phase ends at ``until_ms`` or before."""
    found = [find_function(tx, *key) for key in tx.all(Q.find_moving, until_ms)]
    return [function for function in found if function]


def next_move_ms(tx: ReadTx) -> int | None:
    """Returns when the next phase of a function ends, or None."""
    row = tx.one(Q.find_next_move)
    return row[0] if row else None


def code_refs(tx: ReadTx) -> set[str]:
    """Returns the packages of functions, their versions and layers."""
    return {code for query in _CODE_REFS for (code,) in tx.all(query)}

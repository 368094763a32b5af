"""CreateLogGroup, DeleteLogGroup, DescribeLogGroups, and what can be set on a group."""

from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.logs import limits
from penstock.services.logs.errors import deletion_protected, group_exists, invalid_parameter
from penstock.services.logs.group import (
    Key,
    every_group_resource,
    find_group,
    forget_group,
    get_group,
    group_arn,
    group_key,
    group_resource,
    key_of_identifier,
    requested_tags,
)
from penstock.services.logs.paging import make_token, read_token
from penstock.services.logs.sealing import associate, check_key_arn, make_data_key
from penstock.services.logs.state import LogsState
from penstock.services.logs.watch import drop_filters
from penstock.store import ReadTx, Row, Statement, Tx, queries

Q = queries("penstock.services.logs")

_LAST = "\U0010ffff"
_STEP = 500


@operation("CreateLogGroup", action="logs:CreateLogGroup", resource=group_resource, context=requested_tags)
async def create_log_group(logs: LogsState, call: Call, params: Params) -> None:
    """Creates the log group."""
    if params.get("kmsKeyId"):
        check_key_arn(params["kmsKeyId"])
    if params.get("tags"):
        arn = group_arn(group_key(call, params))
        await call.authorize("logs:TagResource", arn, requested_tags(logs, call, params))
    await logs.store.write(_create, logs, group_key(call, params), params)


@operation("DeleteLogGroup", action="logs:DeleteLogGroup", resource=group_resource)
async def delete_log_group(logs: LogsState, call: Call, params: Params) -> None:
    """Deletes the log group; its events go in small steps afterwards."""
    await logs.store.write(_delete, logs, group_key(call, params))


@operation("DescribeLogGroups", action="logs:DescribeLogGroups", resource=every_group_resource)
async def describe_log_groups(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns log groups by name, of a prefix, or with a text in their name."""
    if params.get("logGroupNamePrefix") is not None and params.get("logGroupNamePattern") is not None:
        raise invalid_parameter(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    if identifiers := params.get("logGroupIdentifiers"):
        # The caller was asked about groups of this account and region, and is told of no others.
        here = (call.account, call.region)
        keys = [key for text in identifiers if (key := key_of_identifier(call, text))[:2] == here]
        return {"logGroups": await logs.store.read(_identified, keys)}
    after = read_token(params["nextToken"], str)[0] if params.get("nextToken") else ""
    limit = params.get("limit") or limits.MAX_DESCRIBED
    found: list[Row] = []
    while len(found) <= limit:
        rows = await logs.store.read(_page, call, params.get("logGroupNamePrefix") or "", after)
        found += [row for row in rows if row[0] != after and _is_wanted(row, params)]
        if len(rows) < _STEP:
            break
        after = rows[-1][0]
    result: Params = {
        "logGroups": [_described((call.account, call.region, row[0]), row) for row in found[:limit]]
    }
    if params.get("logGroupNamePattern"):
        for group in result["logGroups"]:
            del group["deletionProtectionEnabled"]  # recorded from AWS: what a pattern finds does not say it
    if len(found) > limit:
        result["nextToken"] = make_token(found[limit - 1][0])
    return result


@operation("PutRetentionPolicy", action="logs:PutRetentionPolicy", resource=group_resource)
async def put_retention_policy(logs: LogsState, call: Call, params: Params) -> None:
    """Keeps events of the group for so many days; older ones are gone at once."""
    days = params["retentionInDays"]
    if days not in limits.RETENTION_DAYS:
        choices = ", ".join(str(days) for days in sorted(limits.RETENTION_DAYS))
        raise invalid_parameter(f"Invalid retention value. Valid values are: [{choices}]")
    await logs.store.write(_set, group_key(call, params), Q.put_retention, days)


@operation("DeleteRetentionPolicy", action="logs:DeleteRetentionPolicy", resource=group_resource)
async def delete_retention_policy(logs: LogsState, call: Call, params: Params) -> None:
    """Keeps events of the group for ever."""
    await logs.store.write(_set, group_key(call, params), Q.put_retention, None)


@operation(
    "PutLogGroupDeletionProtection", action="logs:PutLogGroupDeletionProtection", resource=group_resource
)
async def put_log_group_deletion_protection(logs: LogsState, call: Call, params: Params) -> None:
    """Makes the group refuse to be deleted, or not."""
    enabled = bool(params["deletionProtectionEnabled"])
    await logs.store.write(_set, group_key(call, params), Q.put_protected, enabled)


def _create(tx: Tx, logs: LogsState, key: Key, params: Params) -> None:
    if find_group(tx, key):
        raise group_exists()
    name = params.get("kmsKeyId")
    data_key = make_data_key(tx, logs.keys, key, name) if name else None
    log_class = params.get("logGroupClass") or "STANDARD"
    protected = bool(params.get("deletionProtectionEnabled"))
    tags = orjson.dumps(params.get("tags") or {}).decode()
    id = tx.insert(Q.add_group, *key, log_class, protected, tx.now_ms, tags)
    forget_group(tx, key)
    if data_key:
        associate(tx, id, key, data_key)


def _delete(tx: Tx, logs: LogsState, key: Key) -> None:
    group = get_group(tx, key)
    if group.protected:
        raise deletion_protected()
    tx.run(Q.put_group_dropped, group.id)
    forget_group(tx, key)
    drop_filters(tx, group)
    tx.after_commit(logs.sweeper.wake)


def _set(tx: Tx, key: Key, statement: Statement, value: object) -> None:
    tx.run(statement, value, get_group(tx, key).id)
    forget_group(tx, key)


def _page(tx: ReadTx, call: Call, prefix: str, after: str) -> list[Row]:
    # One lower bound, or SQLite would walk from the wrong one: the last name of the page before comes once more.
    return tx.all(Q.find_groups, call.account, call.region, after or prefix, prefix + _LAST, _STEP)


def _identified(tx: ReadTx, keys: list[Key]) -> list[dict[str, Any]]:
    found = []
    for account, region, name in sorted(set(keys)):
        rows = tx.all(Q.find_groups, account, region, name, name + _LAST, 1)
        found += [_described((account, region, name), row) for row in rows if row[0] == name]
    return found


def _is_wanted(row: Row, params: Params) -> bool:
    pattern, log_class = params.get("logGroupNamePattern"), params.get("logGroupClass")
    return (not pattern or pattern in row[0]) and (not log_class or row[1] == log_class)


def _described(key: Key, row: Row) -> dict[str, Any]:
    name, log_class, retention_days, protected, created_ms, stored_bytes, kms_key, metric_filters = row
    arn = group_arn(key)
    described = {
        "logGroupName": name,
        "creationTime": created_ms,
        "metricFilterCount": metric_filters,
        "arn": f"{arn}:*",
        "storedBytes": stored_bytes,
        "logGroupClass": log_class,
        "logGroupArn": arn,
        "deletionProtectionEnabled": bool(protected),
    }
    if retention_days:
        described["retentionInDays"] = retention_days
    if kms_key:
        described["kmsKeyId"] = kms_key
    return described

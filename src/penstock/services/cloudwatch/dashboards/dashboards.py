"""PutDashboard, GetDashboard, ListDashboards, DeleteDashboards.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import orjson

from penstock.errors import AwsError
from penstock.server import Call, Params, operation, requested_tags
from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.arns import dashboard_arn
from penstock.services.cloudwatch.dashboards.body import Finding, examine
from penstock.services.cloudwatch.errors import invalid_value, no_dashboard
from penstock.services.cloudwatch.paging import make_token, read_token
from penstock.services.cloudwatch.state import CloudWatchState
from penstock.services.cloudwatch.tag_list import checked_tags
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_LAST = "\U0010ffff"
_PAGE = 1000


class Dashboard(NamedTuple):
    """A dashboard as its row says."""

    name: str
    body: str
    bytes: int
    tags: Mapping[str, str]
    modified_ms: int


def asked_dashboard(state: object, call: Call, params: Params) -> str:
    """Returns the ARN of the dashboard that ``DashboardName`` says."""
    return dashboard_arn(call.account, params["DashboardName"])


@operation("PutDashboard", action="cloudwatch:PutDashboard", resource=asked_dashboard, context=requested_tags)
async def put_dashboard(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Returns what is odd about the dashboard, which is there from now on, in the place of one of that name."""
    name, body = _checked_name(params["DashboardName"]), params["DashboardBody"]
    size = len(body.encode())
    if size > limits.MAX_DASHBOARD_BYTES:
        raise _invalid([Finding("", f"A dashboard has at most {limits.MAX_DASHBOARD_BYTES} bytes")])
    errors, warnings = await asyncio.to_thread(examine, body)
    if errors:
        raise _invalid(errors)
    tags = orjson.dumps(checked_tags({}, params.get("Tags") or ())).decode()
    await cloudwatch.store.write(_put, call.account, name, body, size, tags)
    return {"DashboardValidationMessages": _shown(warnings)}


@operation("GetDashboard", action="cloudwatch:GetDashboard", resource=asked_dashboard)
async def get_dashboard(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Returns the dashboard's body."""
    found = await cloudwatch.store.read(find_dashboard, call.account, _checked_name(params["DashboardName"]))
    return {
        "DashboardArn": dashboard_arn(call.account, found.name),
        "DashboardName": found.name,
        "DashboardBody": found.body,
    }


@operation("ListDashboards", action="cloudwatch:ListDashboards")
async def list_dashboards(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Returns the account's dashboards by name, in pages."""
    prefix, token = params.get("DashboardNamePrefix") or "", params.get("NextToken")
    after = str(read_token(token, str)[0]) if token else ""
    found = await cloudwatch.store.read(_list, call.account, prefix, after)
    entries = [
        {
            "DashboardName": name,
            "DashboardArn": dashboard_arn(call.account, name),
            "Size": size,
            "LastModified": modified_ms,
        }
        for name, size, modified_ms in found[:_PAGE]
    ]
    more = {"NextToken": make_token(found[_PAGE - 1][0])} if len(found) > _PAGE else {}
    return {"DashboardEntries": entries, **more}


@operation("DeleteDashboards", action=None)
async def delete_dashboards(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Returns when none of these dashboards is there; when one was not, all others stay."""
    names = list(dict.fromkeys(params["DashboardNames"]))
    for name in names:
        await call.authorize("cloudwatch:DeleteDashboards", dashboard_arn(call.account, name))
    await cloudwatch.store.write(_delete, call.account, names)
    return {}


def find_dashboard(tx: ReadTx, account: str, name: str) -> Dashboard:
    """Returns the dashboard; AwsError ``ResourceNotFound``."""
    row = tx.one(Q.find_dashboard, account, name)
    if row is None:
        raise no_dashboard(name)
    name, body, size, tags, modified_ms = row
    return Dashboard(name, body, size, orjson.loads(tags), modified_ms)


def put_dashboard_tags(tx: Tx, account: str, name: str, tags: Mapping[str, str]) -> None:
    """Replaces the tags."""
    tx.run(Q.put_tags, orjson.dumps(tags).decode(), account, name)


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise invalid_value(
            f"The value {name} for field DashboardName contains invalid characters. "
            "It can only contain alphanumerics, dash (-) and underscore (_)."
        )
    return name


def _invalid(errors: Iterable[Finding]) -> AwsError:
    found = list(errors)
    if len(found) == 1 and not found[0].path:
        text = found[0].message
    else:
        text = f"The dashboard body is invalid, there are {len(found)} validation errors"
    return AwsError(
        "InvalidParameterInput", text, status=400, dashboardValidationMessages=_shown(found[:100])
    )


def _shown(findings: Iterable[Finding]) -> list[Params]:
    return [{"DataPath": path, "Message": message} for path, message in findings]


def _put(tx: Tx, account: str, name: str, body: str, size: int, tags: str) -> None:
    tx.run(Q.put_dashboard, account, name, body, size, tags, tx.now_ms)


def _list(tx: ReadTx, account: str, prefix: str, after: str) -> list[Row]:
    rows = tx.all(Q.find_dashboards, account, max(after, prefix), prefix + _LAST, _PAGE + 1)
    if prefix > after and (own := tx.one(Q.find_dashboard, account, prefix)):
        rows.insert(0, (own[0], own[2], own[4]))  # the name that is the prefix itself
    return rows


def _delete(tx: Tx, account: str, names: list[str]) -> None:
    for name in names:
        if not tx.run(Q.delete_dashboard, account, name):
            raise no_dashboard(name)

"""What ``penstock top`` shows: how much goes through the server, what waits, what fails, which alarms are on."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from penstock.access import Principal
from penstock.measurements import Series, Total

if TYPE_CHECKING:
    from penstock.app.application import App

_RESOURCES = 200
_DESTINATIONS = 20
_ALARMS = 100
_DESCRIBE = "DescribeAlarms"

_Place = tuple[str, str, str, tuple[tuple[str, str], ...]]


async def top(app: "App", args: Mapping[str, Any]) -> dict[str, Any]:
    """Answers sums since the start of the server, levels as they are now; a rate is what two answers differ by.

    ``resources`` are those in use, those with most first, ``alarms`` are left out where no service has any.
    """
    for service in app.services:
        await service.look()
    health = app.health()
    answer: dict[str, Any] = {
        "now": app.clock.now().isoformat(timespec="milliseconds"),
        "measured_ms": app.clock.stopwatch_ns() // 1_000_000,
        "state": health["state"],
        "problems": health["problems"],
        "loop_lag_ms": health["loop"]["max_ms"],
        "backlog": health["backlog"],
        "dead": health["dead"],
        **_requests(app),
        "destinations": [
            {"arn": arn, "waiting": count} for arn, count in app.delivery.lanes.longest(_DESTINATIONS)
        ],
        "resources": await asyncio.to_thread(
            _resources, app.measurements.totals(), app.measurements.levels()
        ),
    }
    alarms = await _alarms(app)
    return answer if alarms is None else {**answer, "alarms": alarms}


def _requests(app: "App") -> dict[str, int]:
    counts = app.gateway.requests.items()
    return {
        "requests": sum(count for _, count in counts),
        "client_errors": sum(count for (_, _, status), count in counts if 400 <= status < 500),
        "server_errors": sum(count for (_, _, status), count in counts if status >= 500),
    }


def _resources(sums: Mapping[Series, Total], now: Mapping[Series, float]) -> list[dict[str, Any]]:
    totals: defaultdict[_Place, dict[str, float]] = defaultdict(dict)
    levels: defaultdict[_Place, dict[str, float]] = defaultdict(dict)
    for series, total in sums.items():
        if series.is_own:
            totals[_place(series)][series.name] = total.sum
    for series, level in now.items():
        if series.is_own:
            levels[_place(series)][series.name] = level
    places = sorted(
        totals.keys() | levels.keys(),
        key=lambda place: (-sum(totals.get(place, {}).values()), -sum(levels.get(place, {}).values()), place),
    )
    return [
        {
            "namespace": place[2],
            "account": place[0],
            "region": place[1],
            "dimensions": dict(place[3]),
            "totals": totals.get(place, {}),
            "levels": levels.get(place, {}),
        }
        for place in places[:_RESOURCES]
    ]


def _place(series: Series) -> _Place:
    return series.account, series.region, series.namespace, series.dimensions


async def _alarms(app: "App") -> list[dict[str, Any]] | None:
    """Returns the default account's alarms in the server's region; None where there is no service of alarms."""
    callee = app.gateway.find("CloudWatch", _DESCRIBE)
    if callee is None:
        return None
    account = app.roots[0].account
    found = await app.gateway(
        callee.service,
        callee.operation,
        {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": _ALARMS},
        principal=Principal.root(account),
        account=account,
        region=app.config.region,
    )
    alarms = [*found.get("MetricAlarms", ()), *found.get("CompositeAlarms", ())]
    return [
        {"name": one["AlarmName"], "state": one["StateValue"], "reason": one.get("StateReason", "")}
        for one in alarms
    ]

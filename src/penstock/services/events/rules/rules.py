"""PutRule, DeleteRule, DescribeRule, EnableRule, DisableRule, ListRules, ListRuleNamesByTarget, TestEventPattern."""

from typing import Any

import orjson

from penstock.schedules import parse_rule_schedule
from penstock.server import Call, Params, operation, page_token, requested_tags
from penstock.services.events.arns import DEFAULT, Key, bus_key, rule_arn
from penstock.services.events.buses.bus import asked_bus, get_bus
from penstock.services.events.buses.tag_list import checked_tags
from penstock.services.events.errors import (
    validation,
)
from penstock.services.events.paging import LAST, page_after
from penstock.services.events.rules.condition_keys import put_rule_keys
from penstock.services.events.rules.pass_role import check_pass_role
from penstock.services.events.rules.pattern import checked_pattern
from penstock.services.events.rules.rule import (
    Rule,
    RuleState,
    find_rule,
    get_rule,
    named_rule,
    rule_of,
)
from penstock.services.events.rules.rule_set import forget_blocks, forget_rule
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_EVENT_MEMBERS = ("id", "account", "source", "time", "region", "resources", "detail-type")


def all_rules(events: EventsState, call: Call, params: Params) -> str:
    """Returns what AWS names when a caller may not list the rules of a bus."""
    return rule_arn(bus_key(call, params), "*")


@operation("PutRule", action="events:PutRule", resource=named_rule, context=put_rule_keys)
async def put_rule(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the ARN of the rule, which is new or has been replaced; its targets stay."""
    bus = bus_key(call, params)
    _check(bus, params)
    if role := params.get("RoleArn"):
        await check_pass_role(call, role)
    if params.get("Tags"):
        context = requested_tags(events, call, params)
        await call.authorize("events:TagResource", named_rule(events, call, params), context)
    rule = await events.store.write(_put, events, call, bus, params)
    return {"RuleArn": rule.arn}


@operation("DeleteRule", action="events:DeleteRule", resource=named_rule)
async def delete_rule(events: EventsState, call: Call, params: Params) -> None:
    """Returns when the rule is not there (any more); one with targets is not deleted."""
    await events.store.write(_delete, bus_key(call, params), params["Name"])


@operation("DescribeRule", action="events:DescribeRule", resource=named_rule)
async def describe_rule(events: EventsState, call: Call, params: Params) -> Params:
    """Returns what the rule is."""
    rule = await events.store.read(get_rule, bus_key(call, params), params["Name"])
    return {**shown_rule(rule), "CreatedBy": rule.created_by}


@operation("EnableRule", action="events:EnableRule", resource=named_rule)
async def enable_rule(events: EventsState, call: Call, params: Params) -> None:
    """Returns when the rule takes events."""
    await events.store.write(_set_state, events, bus_key(call, params), params["Name"], RuleState.ENABLED)


@operation("DisableRule", action="events:DisableRule", resource=named_rule)
async def disable_rule(events: EventsState, call: Call, params: Params) -> None:
    """Returns when the rule takes no events."""
    await events.store.write(_set_state, events, bus_key(call, params), params["Name"], RuleState.DISABLED)


@operation("ListRules", action="events:ListRules", resource=all_rules)
async def list_rules(events: EventsState, call: Call, params: Params) -> Params:
    """Returns rules of the bus by name, of a prefix."""
    after, limit = page_after(params)
    bus = bus_key(call, params)
    found = await events.store.read(_list, bus, params.get("NamePrefix") or "", after, limit)
    answer: Params = {"Rules": [shown_rule(rule) for rule in found[:limit]]}
    if len(found) > limit:
        answer["NextToken"] = page_token(found[limit - 1].name)
    return answer


@operation("ListRuleNamesByTarget", action="events:ListRuleNamesByTarget", resource=asked_bus)
async def list_rule_names_by_target(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the names of the bus's rules that have the target."""
    after, limit = page_after(params)
    names = await events.store.read(_names, bus_key(call, params), params["TargetArn"])
    found = [name for name in names if name > after]
    answer: Params = {"RuleNames": found[:limit]}
    if len(found) > limit:
        answer["NextToken"] = page_token(found[limit - 1])
    return answer


@operation("TestEventPattern", action="events:TestEventPattern")
async def test_event_pattern(events: EventsState, call: Call, params: Params) -> Params:
    """Returns whether the event matches the pattern."""
    pattern = checked_pattern(params["EventPattern"])
    return {"Result": pattern.matches(_event(params["Event"]))}


def shown_rule(rule: Rule) -> Params:
    """Returns the rule as ListRules shows it."""
    shown = {
        "Name": rule.name,
        "Arn": rule.arn,
        "EventPattern": rule.pattern,
        "ScheduleExpression": rule.schedule,
        "State": rule.state.value,
        "Description": rule.description,
        "RoleArn": rule.role,
        "EventBusName": rule.bus[2],
    }
    return {name: value for name, value in shown.items() if value is not None}


def _check(bus: Key, params: Params) -> None:
    pattern, schedule = params.get("EventPattern"), params.get("ScheduleExpression")
    if schedule is not None and bus[2] != DEFAULT:
        raise validation("ScheduleExpression is supported only on the default event bus.")
    if not pattern and not schedule:
        raise validation("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if pattern:
        checked_pattern(pattern)
    if schedule:
        _check_schedule(schedule)


def _check_schedule(text: str) -> None:
    try:
        parse_rule_schedule(text)
    except ValueError:
        raise validation("Parameter ScheduleExpression is not valid.") from None


def _due_ms(schedule: str | None, state: RuleState, now_ms: int) -> int | None:
    if not schedule or state is RuleState.DISABLED:
        return None
    return parse_rule_schedule(schedule).next_ms(now_ms)


def _event(text: str) -> dict[str, Any]:
    try:
        event = orjson.loads(text)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise validation("Parameter Event is not valid. Reason: it is not a valid JSON object.")
    for member in _EVENT_MEMBERS:
        if member not in event:
            raise validation(f"Parameter Event is not valid. Reason: {member} is a required argument.")
    return event


def _put(tx: Tx, events: EventsState, call: Call, bus: Key, params: Params) -> Rule:
    get_bus(tx, bus)
    name, old = params["Name"], find_rule(tx, bus, params["Name"])
    state = RuleState(params.get("State") or RuleState.ENABLED)
    schedule = params.get("ScheduleExpression") or None
    settings = (
        params.get("EventPattern") or None,
        state.value,
        params.get("Description"),
        params.get("RoleArn"),
        schedule,
        _due_ms(schedule, state, tx.now_ms),
    )
    tx.after_commit(events.schedule_woken.set)
    if old is None:
        tags = orjson.dumps(checked_tags({}, params.get("Tags") or [])).decode()
        id = tx.insert(Q.add_rule, *bus, name, *settings, call.account, tags, tx.now_ms)
        forget_blocks(tx, bus)
    else:
        id = old.id
        tx.run(Q.put_rule, *settings, tx.now_ms, id)
    forget_rule(tx, bus, id)
    return get_rule(tx, bus, name)


def _delete(tx: Tx, bus: Key, name: str) -> None:
    get_bus(tx, bus)
    rule = find_rule(tx, bus, name)
    if rule is None:
        return
    if tx.all(Q.find_targets, rule.id):
        raise validation("Rule can't be deleted since it has targets.")
    tx.run(Q.delete_rule, rule.id)
    forget_rule(tx, bus, rule.id)
    forget_blocks(tx, bus)


def _set_state(tx: Tx, events: EventsState, bus: Key, name: str, state: RuleState) -> None:
    rule = get_rule(tx, bus, name)
    tx.run(Q.put_rule_state, state.value, _due_ms(rule.schedule, state, tx.now_ms), tx.now_ms, rule.id)
    tx.after_commit(events.schedule_woken.set)
    forget_rule(tx, bus, rule.id)


def _list(tx: ReadTx, bus: Key, prefix: str, after: str, limit: int) -> list[Rule]:
    get_bus(tx, bus)
    # One lower bound, or SQLite would walk from the wrong one: the last name of the page before comes once more.
    rows = tx.all(Q.find_rules, *bus, max(after, prefix), prefix + LAST, limit + 2)
    return [rule_of(bus, row) for row in rows if row[0] > after]


def _names(tx: ReadTx, bus: Key, target: str) -> list[str]:
    get_bus(tx, bus)
    return sorted({name for (name,) in tx.all(Q.find_rules_of_target, target, *bus)})

"""Buses as destinations, and the targets of rules as what is tried again.

What is delivered to a bus is matched against its rules there and then, as part of the transaction that delivers it. A
target has a delivery of its own only when a try has failed; a bus has one while a wide fan-out is under way.
"""

from penstock.access import decide
from penstock.delivery import (
    Attempt,
    Dead,
    Delivered,
    DestinationError,
    ForbiddenDestination,
    Job,
    Message,
    MissingDestination,
    Outcome,
    Question,
    Source,
    Standing,
    Target,
    Undeliverable,
)
from penstock.services.events.arns import SERVICE, Named, destination_of, fan_out_arn, named
from penstock.services.events.buses.bus import Bus, find_bus
from penstock.services.events.custom.delivering import Routes, finish, stopped
from penstock.services.events.custom.subscriber import is_subscriber
from penstock.services.events.invocation import Invoker, check_destination, failure_in
from penstock.services.events.putting.event import Event, read_event
from penstock.services.events.putting.explaining import passages
from penstock.services.events.putting.fan_out import FanOut
from penstock.services.events.putting.keyed import refusal_of_key
from penstock.services.events.putting.rest import read_rest
from penstock.services.events.rules.rule_set import ActiveRule, active_rule
from penstock.services.events.rules.target import RuleTarget
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx


class EventsTarget(Target):
    """Delivery's way onto the buses."""

    def __init__(self, events: EventsState, invoker: Invoker) -> None:
        self._events = events
        self._invoker = invoker

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when ``source`` may do so now, put events or invoke; else raises DestinationError."""
        if destination_of(arn) is not None:
            check_destination(tx, arn, source)
            return
        _check(_bus(tx, arn), source, {})

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> str | None:
        """Puts the event on the bus and returns its id; None for what is behind a bus, which is carried."""
        if is_subscriber(arn) and source.service == SERVICE:
            return None
        name = _named(arn)
        if (name.target or name.is_fan_out) and source.service == SERVICE:
            return None
        bus = _bus(tx, arn)
        try:
            event = read_event(message.body, came_from_bus=source.service == SERVICE)
        except (ValueError, RecursionError):
            raise Undeliverable(f"What should go to the event bus {arn} is not an event.") from None
        _check(bus, source, _context(event, source))
        FanOut(tx, self._events, event, message).run(bus.key)
        return event.id

    async def attempt(self, job: Job) -> Attempt:
        """Asks an API destination; any other target lives in the store, and is tried in ``finish``."""
        if is_subscriber(job.arn):
            return await self._events.store.read(stopped, job.arn)
        return await self._invoker.attempt(job)

    async def ask(self, arn: str, source: Source, question: Question) -> bytes:
        """Returns what an API destination answers; DestinationError."""
        if destination_of(arn) is None:
            return await super().ask(arn, source, question)
        return await self._invoker.ask(arn, source, question)

    def finish(self, tx: Tx, job: Job, attempt: Attempt) -> Outcome:
        """Tries the target of a rule once, or makes the next step of a fan-out; returns what becomes of the event."""
        if is_subscriber(job.arn):
            return finish(tx, Routes(self._events.delivery, self._events.identities), job, attempt)
        name = _named(job.arn)
        if name.is_fan_out:
            rest = read_rest(job.message.body)
            if refused := refusal_of_key(tx, self._events, name.bus, rest.event):
                return Dead(refused.reason)
            FanOut(tx, self._events, rest.event, job.message).go_on(name.bus, rest)
            return Delivered(rest.event.id)
        rule = active_rule(tx, name.bus, name.rule)
        target = rule.target(name.target) if rule else None
        if rule is None or target is None:
            return Dead(f"The rule {name.rule} has been disabled or deleted, or has no such target any more.")
        event = read_event(job.message.body)
        fan_out = FanOut(tx, self._events, event, job.message)
        if not target.is_outside:
            return fan_out.again(rule, target, job)
        return self._outcome(fan_out, rule, target, job, attempt)

    def _outcome(
        self, fan_out: FanOut, rule: ActiveRule, target: RuleTarget, job: Job, attempt: Attempt
    ) -> Outcome:
        """Returns what becomes of an event for an API destination that has been asked, or was not to be yet."""
        if "status" in attempt.detail and attempt.ok:
            return fan_out.answered(rule, target, job, None)
        failure = failure_in(attempt)
        if failure is not None:
            return fan_out.answered(rule, target, job, failure)
        due_ms = attempt.detail.get("due_ms")
        return fan_out.later(rule, target, job, due_ms if isinstance(due_ms, int) else 0, attempt.error)

    def explain(self, tx: ReadTx, arn: str, source: Source, message: Message, wanted: str) -> Standing:
        """Returns whether the bus would take the event now, and how its rules would pass it on to ``wanted``."""
        found = super().explain(tx, arn, source, message, wanted)
        name = named(arn)
        bus = find_bus(tx, name.bus) if name and name.is_bus else None
        if bus is None:
            return found
        found = found._replace(rest=fan_out_arn(bus.key))
        try:
            event = read_event(message.body, came_from_bus=source.service == SERVICE)
        except (ValueError, RecursionError):
            return found._replace(refused=f"What should go to the event bus {arn} is not an event.")
        return found._replace(
            policies=_weighed(bus, source, _context(event, source)),
            passages=passages(tx, self._events, bus.key, event, message, wanted),
        )


def _named(arn: str) -> Named:
    name = named(arn)
    if name is None:
        raise DestinationError(f"{arn} is not the ARN of an event bus.")
    return name


def _bus(tx: ReadTx, arn: str) -> Bus:
    name = _named(arn)
    bus = find_bus(tx, name.bus) if name.is_bus else None
    if bus is None:
        raise MissingDestination(f"The event bus {arn} does not exist.")
    return bus


def _weighed(bus: Bus, source: Source, context: dict[str, str | list[str]]) -> tuple[str, ...]:
    if _is_own_aws(bus, source):
        return ("AWS's services may put events on the default bus of their account",)
    return source.weigh("events:PutEvents", bus.arn, bus.policy, bus.account, context)


def _is_own_aws(bus: Bus, source: Source) -> bool:
    """Returns whether it is where AWS's own services put the events of an account."""
    is_aws = source.principal.kind == "service" and source.service != SERVICE
    return is_aws and bus.is_default and bus.account == source.account


def _check(bus: Bus, source: Source, context: dict[str, str | list[str]]) -> None:
    if _is_own_aws(bus, source):
        return
    decision = decide(source.principal, "events:PutEvents", bus.arn, context, bus.policy, bus.account)
    if not decision.allowed:
        raise ForbiddenDestination(
            f"The event bus {bus.arn} does not let {source.name} put events for {source.arn}."
        )


def _context(event: Event, source: Source) -> dict[str, str | list[str]]:
    return {
        "aws:SourceArn": source.arn,
        "aws:SourceAccount": source.account,
        "events:source": event.source,
        "events:detail-type": event.detail_type,
        "events:eventBusInvocation": "true",
    }

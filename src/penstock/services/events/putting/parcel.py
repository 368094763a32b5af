"""What a target of a rule is sent of an event, and in whose name; or why it cannot be."""

from typing import NamedTuple

from penstock.access import Principal
from penstock.delivery import Message, Source
from penstock.services.events.arns import SERVICE
from penstock.services.events.inputs.template import Facts, Unrenderable
from penstock.services.events.putting.event import Event, event_time
from penstock.services.events.putting.failure import ErrorCode, Failure
from penstock.services.events.rules.rule_set import ActiveRule
from penstock.services.events.rules.target import RuleTarget
from penstock.services.events.state import EventsState
from penstock.store import ReadTx

# In AWS, SenderId of an event's message is the session of a role that EventBridge keeps for itself.
_SENDER_ID = "AROAPENSTOCKEVENTS00:EventBridge"
_SESSION = "EventBridge"


class Parcel(NamedTuple):
    """What goes to one target, and who sends it."""

    source: Source
    message: Message


def pack(
    tx: ReadTx, events: EventsState, event: Event, message: Message, rule: ActiveRule, target: RuleTarget
) -> Parcel | Failure:
    """Returns what goes to the target; ``message`` has the trace and the origin."""
    if target.is_bus and event.came_from_bus:
        reason = "Events received from another event bus cannot be forwarded to this event bus."
        return Failure(ErrorCode.THIRD_ACCOUNT_HOP_DETECTED, reason)
    source = _source(tx, events, rule, target)
    if source is None:
        return Failure(ErrorCode.NO_PERMISSIONS, f"EventBridge may not assume the role {target.role}.")
    if events.delivery.lanes.is_full(target.arn):
        return Failure(ErrorCode.THROTTLING, f"Too much waits for {target.arn} already.")
    facts = Facts(event.document, event.text, event_time(tx.now_ms), rule.arn, rule.name)
    try:
        body = target.input(facts)
    except Unrenderable as error:
        return Failure(ErrorCode.INVALID_JSON, str(error))
    return Parcel(source, message._replace(body=body, subject=None, attributes={}, group=target.group))


def by_service(rule: ActiveRule) -> Source:
    """Returns EventBridge, sending by itself for the rule."""
    return for_resource(rule.arn, rule.bus[0])


def for_resource(arn: str, account: str) -> Source:
    """Returns EventBridge, sending by itself for a rule or a bus of ``account``."""
    return Source.of_service(SERVICE, arn, account, _SENDER_ID)


def _source(tx: ReadTx, events: EventsState, rule: ActiveRule, target: RuleTarget) -> Source | None:
    """Returns who sends: EventBridge, the target's role, or for another bus without a role the rule's account."""
    if target.role is not None:
        principal = events.identities.keeper.role_principal(
            tx, target.role, service=SERVICE, session=_SESSION
        )
        return Source.of_role(SERVICE, principal, rule.arn) if principal else None
    if target.is_bus:
        account = rule.bus[0]
        return Source(SERVICE, Principal.root(account), rule.arn, account, account)
    return by_service(rule)

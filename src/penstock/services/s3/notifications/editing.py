"""Edits one notification rule of a bucket and leaves the others as they are.

PutBucketNotificationConfiguration replaces all rules at once, so two who edit lose what the other did. Here a rule is
checked against the others first, and an edit says which rules it was made of: it is refused when they have changed.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from penstock.arn import Arn
from penstock.clock import Ids
from penstock.delivery import Delivery, DestinationError, Message, Rule
from penstock.delivery.rule import RuleSet
from penstock.delivery.trace_header import Trace
from penstock.delivery.turn import asked_precedence
from penstock.errors import AwsError
from penstock.services.s3.buckets.bucket import Bucket, find_bucket
from penstock.services.s3.buckets.limits import MAX_NOTIFICATIONS
from penstock.services.s3.errors import no_such_bucket
from penstock.services.s3.notifications.checks import KINDS, checked_rules, overlap
from penstock.services.s3.notifications.destinations import (
    Asked,
    check_regions,
    refuse_fifo,
    send_test_events,
)
from penstock.services.s3.notifications.event_bridge import bridge_rule, is_bridge
from penstock.services.s3.notifications.loops import Loops
from penstock.services.s3.notifications.sender import bucket_source
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx

Args = Mapping[str, Any]


class Found(NamedTuple):
    """What a check has found: ``problems`` forbid the rule, ``warnings`` do not."""

    rule: Rule
    number: int
    problems: list[str]


class Editor:
    """Lists, checks, adds, sets and removes rules for who may ask the server itself."""

    def __init__(self, s3: S3State, loops: Loops) -> None:
        self._s3 = s3
        self._loops = loops

    async def listed(self, args: Args) -> dict[str, Any]:
        """Returns the ``rules`` of ``bucket`` and their ``number``, which an edit may name."""
        return await self._s3.store.read(_listed, self._s3.delivery, _text(args, "bucket"))

    async def check(self, args: Args) -> dict[str, Any]:
        """Returns what speaks against a new rule: ``problems`` forbid it, ``warnings`` and ``policies`` say more."""
        delivery, bucket = self._s3.delivery, _text(args, "bucket")
        found = await self._s3.store.read(_checked, delivery, bucket, args, self._s3.ids)
        return {
            "number": found.number,
            "rule": _shown(found.rule),
            "problems": found.problems,
            "policies": await self._s3.store.read(_policies, delivery, bucket, found.rule),
            "warnings": await self._loops.warnings(bucket, found.rule),
        }

    async def add(self, args: Args) -> dict[str, Any]:
        """Returns the rule once it is one of the bucket's; AwsError when something speaks against it.

        ``number`` is that of the rules it was checked with: ``RulesChanged`` when there are others now.
        """
        bucket = _text(args, "bucket")
        rule = await self._s3.store.write(_add, self._s3.delivery, bucket, args, self._s3.ids)
        return {"rule": _shown(rule)}

    async def remove(self, args: Args) -> dict[str, Any]:
        """Returns the rule ``id`` once it is gone; AwsError ``NoSuchRule``, ``RulesChanged``."""
        bucket = _text(args, "bucket")
        return {"rule": _shown(await self._s3.store.write(_remove, self._s3.delivery, bucket, args))}

    async def set(self, args: Args) -> dict[str, Any]:
        """Returns the rule ``id`` with the priority and the group key that it has from now on; AwsError ``NoSuchRule``.

        What is not named stays as it is; null takes it away.
        """
        bucket = _text(args, "bucket")
        return {"rule": _shown(await self._s3.store.write(_set, self._s3.delivery, bucket, args))}


def _listed(tx: ReadTx, delivery: Delivery, bucket: str) -> dict[str, Any]:
    found = delivery.rule_set(tx, _bucket(tx, bucket).name)
    return {"number": found.id, "rules": [_shown(rule) for rule in found.rules]}


def _checked(tx: ReadTx, delivery: Delivery, name: str, args: Args, ids: Ids) -> Found:
    bucket = _bucket(tx, name)
    present = delivery.rule_set(tx, bucket.name)
    rule = _rule(bucket, args, ids)
    problems = [*_clashes(rule, present.rules)]
    try:
        if not is_bridge(rule):
            check_regions(bucket, [rule])
            refuse_fifo([rule])
        delivery.check(tx, rule.arn, bucket_source(bucket.name, bucket.account))
    except AwsError as error:
        problems.append(" ".join([error.message, *map(str, error.fields.values())]))
    except DestinationError as error:
        problems.append(str(error))
    return Found(rule, present.id, problems)


def _clashes(rule: Rule, present: list[Rule]) -> list[str]:
    problems = [
        f"it overlaps with the rule {other.id}: an event of one key would match both"
        for other in present
        if not is_bridge(rule) and not is_bridge(other) and overlap(rule, other)
    ]
    if any(other.id == rule.id for other in present):
        problems.append(f"there is a rule {rule.id} already")
    if len(present) >= MAX_NOTIFICATIONS:
        problems.append(f"a bucket has {MAX_NOTIFICATIONS} rules at most")
    return problems


def _policies(tx: ReadTx, delivery: Delivery, name: str, rule: Rule) -> list[str]:
    """Returns what the policies say, when the destination does not let the bucket in."""
    bucket = _bucket(tx, name)
    source = bucket_source(bucket.name, bucket.account)
    standing = delivery.target(rule.arn).explain(tx, rule.arn, source, Message(b"", Trace("")), rule.arn)
    return list(standing.policies) if standing.refused else []


def _add(tx: Tx, delivery: Delivery, name: str, args: Args, ids: Ids) -> Rule:
    found = _checked(tx, delivery, name, args, ids)
    _check_number(args, found.number)
    if found.problems:
        raise AwsError("InvalidRule", "; ".join(found.problems), status=400)
    bucket = _bucket(tx, name)
    delivery.put_rules(tx, name, [*delivery.rules(tx, name), found.rule])
    if not is_bridge(found.rule):
        send_test_events(tx, delivery, Asked(ids.uuid(), ""), bucket, [found.rule])
    return found.rule


def _remove(tx: Tx, delivery: Delivery, name: str, args: Args) -> Rule:
    present = delivery.rule_set(tx, _bucket(tx, name).name)
    _check_number(args, present.id)
    gone = _named(present, name, args)
    delivery.put_rules(tx, name, [rule for rule in present.rules if rule.id != gone.id])
    return gone


def _set(tx: Tx, delivery: Delivery, name: str, args: Args) -> Rule:
    present = delivery.rule_set(tx, _bucket(tx, name).name)
    former = _named(present, name, args)
    wanted = asked_precedence(args, former.precedence)
    rule = replace(former, priority=wanted.priority, group_key=wanted.group_key)
    delivery.put_rules(tx, name, [rule if one is former else one for one in present.rules])
    return rule


def _named(present: RuleSet, bucket: str, args: Args) -> Rule:
    id = _text(args, "id")
    for rule in present.rules:
        if rule.id == id:
            return rule
    raise AwsError("NoSuchRule", f"The bucket {bucket} has no rule {id}.", status=404)


def _check_number(args: Args, number: int) -> None:
    if args.get("number") not in (None, number):
        message = "Somebody else has changed the rules of the bucket since they were looked at."
        raise AwsError("RulesChanged", message, status=409)


def _rule(bucket: Bucket, args: Args, ids: Ids) -> Rule:
    """Returns the rule that is described, checked as one of a configuration is."""
    target = _text(args, "target")
    if target == bridge_rule(bucket.region, bucket.account).arn:
        return bridge_rule(bucket.region, bucket.account)
    try:
        kind = KINDS[Arn.parse(target).service]
    except (KeyError, ValueError):
        message = (
            "target must be the ARN of a queue, topic or function, or of the bucket's default event bus."
        )
        raise AwsError("ValidationError", message, status=400) from None
    affixes = [{"Name": name, "Value": _text(args, name)} for name in ("prefix", "suffix") if args.get(name)]
    events = args.get("events")
    if not isinstance(events, list) or not events or not all(isinstance(event, str) for event in events):
        raise AwsError("ValidationError", "events must be a list of names.", status=400)
    entry = {
        kind.member: target,
        "Events": [f"s3:{event.removeprefix('s3:')}" for event in events],
        "Filter": {"Key": {"FilterRules": affixes}},
        **({"Id": _text(args, "id")} if args.get("id") else {}),
    }
    (rule,) = checked_rules({kind.configurations: [entry]}, ids)
    return rule


def _shown(rule: Rule) -> dict[str, Any]:
    return {name: value for name, value in asdict(rule).items() if name != "empty"}


def _bucket(tx: ReadTx, name: str) -> Bucket:
    bucket = find_bucket(tx, name)
    if bucket is None:
        raise no_such_bucket(name)
    return bucket


def _text(args: Args, name: str) -> str:
    value = args.get(name)
    if not isinstance(value, str) or not value or len(value) > 2048:
        raise AwsError("ValidationError", f"{name} must be a text.", status=400)
    return value

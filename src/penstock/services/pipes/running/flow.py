"""The way of one batch: filter, enrichment, templates, target.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-enrichment.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from penstock.arn import Arn
from penstock.services.batch_response import failed_messages
from penstock.services.filter_criteria import FilterCriteria
from penstock.services.pipes.pipe.pipe import Pipe
from penstock.services.pipes.running.record import Item, Unfit, as_json
from penstock.services.pipes.running.target import Parcel, Sender, invoke, is_destination, kind_of
from penstock.services.pipes.running.template import Facts, Template

_REPORTED = "the function reported this message as failed"
_FAILURES = "batchItemFailures"


class Outcome(NamedTuple):
    """What became of a batch, by the ids of its messages: those left out by the filter, and why others failed."""

    filtered: frozenset[str]
    failed: dict[str, str]


class Flow:
    """One pipe, compiled."""

    def __init__(self, pipe: Pipe) -> None:
        settings = pipe.settings
        self._pipe = pipe
        self._filter = FilterCriteria((settings.get("SourceParameters") or {}).get("FilterCriteria"))
        self._before = _template(settings.get("EnrichmentParameters"))
        self._template = _template(settings.get("TargetParameters"))

    async def run(self, sender: Sender, ids: Sequence[str], event: bytes) -> Outcome:
        """Sends the source's ``event``, whose records are those of the messages ``ids``; AwsError, Unfit."""
        items = [Item.of(record) for record in orjson.loads(event)["Records"]]
        wanted = [(id, item) for id, item in zip(ids, items, strict=True) if self._filter.passes(item.read)]
        filtered = frozenset(ids) - {id for id, _ in wanted}
        if not wanted:
            return Outcome(filtered, {})
        going, names = [item for _, item in wanted], [id for id, _ in wanted]
        if self._pipe.enrichment:
            return Outcome(filtered, await self._enriched(sender, names, going))
        return Outcome(filtered, await self._send(sender, names, going))

    async def _enriched(self, sender: Sender, names: list[str], items: list[Item]) -> dict[str, str]:
        """Sends on what the enrichment makes of the items: all of them fail when one of its own does."""
        facts = self._facts(sender)
        texts = [_rendered(self._before, item, facts) for item in items]
        answer = await self._answer(sender, texts, items)
        made = [Item.of(one) for one in _events(answer)]
        if not made:
            return {}
        failed = await self._send(sender, [str(place) for place in range(len(made))], made)
        return dict.fromkeys(names, next(iter(failed.values()))) if failed else {}

    async def _answer(self, sender: Sender, texts: list[bytes], items: list[Item]) -> bytes:
        enrichment = self._pipe.enrichment
        if not is_destination(Arn.parse(enrichment)):
            return await invoke(sender, enrichment, texts, "RequestResponse")
        if len(texts) > 1:
            raise Unfit(f"{enrichment} takes one record at a time.")
        http = (self._pipe.settings.get("EnrichmentParameters") or {}).get("HttpParameters") or {}
        return await sender.ask(enrichment, texts[0], items[0].read, http)

    async def _send(self, sender: Sender, names: list[str], items: list[Item]) -> dict[str, str]:
        kind = kind_of(Arn.parse(self._pipe.target))
        if kind is None or len(items) > kind.most:
            raise Unfit(f"{self._pipe.target} does not take {len(items)} records at once.")
        facts = self._facts(sender)
        parcels = [Parcel(item.read, _rendered(self._template, item, facts)) for item in items]
        sent = await kind.send(sender, self._pipe, parcels)
        failed = {names[place]: why for place, why in sent.failed.items()}
        return failed | dict.fromkeys(_reported(sent.answer, set(names)), _REPORTED)

    def _facts(self, sender: Sender) -> Facts:
        pipe = self._pipe
        now = datetime.fromtimestamp(sender.now_ms / 1000, UTC)
        ingested = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return Facts(pipe.arn, pipe.name, pipe.source, pipe.enrichment, pipe.target, ingested)


def _template(parameters: dict[str, Any] | None) -> Template | None:
    text = (parameters or {}).get("InputTemplate")
    return Template(text) if text else None


def _rendered(template: Template | None, item: Item, facts: Facts) -> bytes:
    return template.render(item, facts) if template else as_json(item.raw)


def _events(answer: bytes) -> list[Any]:
    """Returns what an enrichment has answered: nothing goes on of an empty text, object or list."""
    try:
        found = orjson.loads(answer or b"null")
    except (ValueError, RecursionError):
        raise Unfit("The enrichment has not answered with JSON.") from None
    if isinstance(found, list):
        return found
    return [found] if found not in (None, "", {}) else []


def _reported(answer: bytes | None, every: set[str]) -> set[str]:
    """Returns what a function says that it could not process; any other answer says nothing of that."""
    try:
        found = orjson.loads(answer or b"null")
    except (ValueError, RecursionError):
        return set()
    says = isinstance(found, dict) and _FAILURES in found
    return failed_messages(answer or b"", every) if says else set()

"""Messages to HTTP endpoints: one POST for each try.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

import asyncio
import base64
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from penstock.clock import Clock
from penstock.delivery import Attempt
from penstock.services.service import Parts
from penstock.services.sns import limits
from penstock.services.sns.delivery_policy import DEFAULT_CONTENT_TYPE, effective
from penstock.services.sns.http.guard import ForbiddenEndpoint, Guard
from penstock.services.sns.messages.notification import Kind, Notification
from penstock.services.sns.subscriptions.subscription import State, Subscription
from penstock.services.sns.topics.topic import Topic

if TYPE_CHECKING:
    from penstock.services.sns.http.client import Client

_AGENT = "Amazon Simple Notification Service Agent"
_RETRIED = 429


class Webhooks:
    """The HTTP endpoints of one server."""

    def __init__(self, parts: Parts) -> None:
        self.guard = Guard(parts.config)
        self._clock = parts.clock
        self._ca_bundle = parts.ca_bundle
        self._client: asyncio.Future[Client] | None = None
        self._pace = Pace(parts.clock)
        self._closing = asyncio.Event()

    async def post(self, topic: Topic, to: Subscription, notification: Notification, text: str) -> Attempt:
        """Tries once to deliver, within 15 seconds; when the server stops, the try does not count."""
        policy = effective(topic.delivery_policy, to.delivery_policy)
        work = asyncio.ensure_future(
            self._post(to, notification, text, policy.content_type, policy.max_per_second)
        )
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait((work, closing), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            return Attempt(ok=False, error="the server was stopped", throttled=True)
        finally:
            for task in (work, closing):
                task.cancel()
            await asyncio.gather(work, closing, return_exceptions=True)

    async def close(self) -> None:
        """Ends what is being tried, and closes all connections."""
        self._closing.set()
        if self._client is not None:
            await asyncio.wait((self._client,))
            if not _has_failed(self._client):
                await self._client.result().close()

    async def _post(
        self,
        to: Subscription,
        notification: Notification,
        text: str,
        content_type: str | None,
        rate: int | None,
    ) -> Attempt:
        if rate and notification.kind is Kind.NOTIFICATION:
            await self._pace.wait(to.uid, rate)
        started_ms = self._clock.now_ms()
        detail: dict[str, object] = {"message_id": notification.id, "endpoint": shown(to.endpoint)}
        try:
            self.guard.check_url(to.endpoint)
            url, headers = _request(to, notification, content_type or DEFAULT_CONTENT_TYPE)
            client = await self._opened()
            async with asyncio.timeout(limits.HTTP_TIMEOUT_S):
                status, answer = await client.post(url, headers, text.encode())
        except ForbiddenEndpoint as forbidden:
            return Attempt(ok=False, error=str(forbidden), detail=detail | {"retryable": False})
        except TimeoutError:
            error = f"{shown(to.endpoint)} did not answer within {limits.HTTP_TIMEOUT_S} seconds"
            return Attempt(ok=False, error=error, outage=True, detail=detail)
        except _connection_failed() as failed:
            error = f"{shown(to.endpoint)}: {str(failed) or type(failed).__name__}"
            return Attempt(ok=False, error=error, outage=True, detail=detail)
        detail |= {
            "status": status,
            "response": answer[:1024],
            "duration_ms": self._clock.now_ms() - started_ms,
        }
        if 200 <= status < 300:
            return Attempt(ok=True, detail=detail)
        retryable = status >= 500 or status == _RETRIED
        error = f"{shown(to.endpoint)} answered with status {status}"
        return Attempt(ok=False, error=error, outage=retryable, detail=detail | {"retryable": retryable})

    async def _opened(self) -> "Client":
        if self._client is None or (self._client.done() and _has_failed(self._client)):
            # Its library and the machine's authorities take a while to load.
            loading = asyncio.to_thread(_open, self.guard, self._ca_bundle)
            self._client = asyncio.ensure_future(loading)
        return await asyncio.shield(self._client)


class Pace:
    """Spreads the deliveries of subscriptions that take so many a second only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next_ms: dict[str, float] = {}

    async def wait(self, uid: str, rate: int) -> None:
        """Returns when the next delivery of the subscription may be made."""
        now_ms = self._clock.now_ms()
        due_ms = max(self._next_ms.get(uid, 0), now_ms)
        if len(self._next_ms) > 10_000:
            self._next_ms = {known: at for known, at in self._next_ms.items() if at > now_ms}
        self._next_ms[uid] = due_ms + 1000 / rate
        if due_ms > now_ms:
            await self._clock.wait_until(round(due_ms))


def shown(endpoint: str) -> str:
    """Returns the URL as logs show it: without a password."""
    parts = urlsplit(endpoint)
    if parts.password is None:
        return endpoint
    return urlunsplit(parts._replace(netloc=f"{parts.username}:****@{parts.netloc.rpartition('@')[2]}"))


def _request(
    to: Subscription, notification: Notification, content_type: str
) -> tuple[str, list[tuple[str, str]]]:
    """Returns the URL without what only headers tell, and the headers."""
    parts = urlsplit(to.endpoint)
    headers = [
        ("x-amz-sns-message-type", notification.kind.value),
        ("x-amz-sns-message-id", notification.id),
        ("x-amz-sns-topic-arn", notification.topic_arn),
        ("Content-Type", content_type),
        ("User-Agent", _AGENT),
    ]
    if to.state is not State.PENDING:
        headers.append(("x-amz-sns-subscription-arn", to.arn))
    if to.is_raw and notification.kind is Kind.NOTIFICATION:
        headers.append(("x-amz-sns-rawdelivery", "true"))
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers.append(("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"))
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], path=parts.path or "/", fragment="")
    return urlunsplit(bare), headers


def _has_failed(loading: "asyncio.Future[Client]") -> bool:
    return loading.cancelled() or loading.exception() is not None


def _open(guard: Guard, ca_bundle: Path | None) -> "Client":
    from penstock.services.sns.http.client import Client

    return Client(guard, ca_bundle)


def _connection_failed() -> tuple[type[BaseException], ...]:
    from penstock.services.sns.http.client import ConnectionFailed

    return ConnectionFailed

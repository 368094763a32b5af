"""Messages to HTTP endpoints: one POST for each try.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from penstock.clock import Clock
from penstock.delivery import Attempt
from penstock.outbound import (
    ForbiddenEndpoint,
    Outbound,
    OutboundRequest,
    Stopped,
    Unanswered,
    basic_authorization,
    shown_url,
)
from penstock.services.service import Parts
from penstock.services.sns import limits
from penstock.services.sns.delivery_policy import DEFAULT_CONTENT_TYPE, DeliveryPolicy, effective
from penstock.services.sns.messages.notification import Kind, Notification
from penstock.services.sns.subscriptions.subscription import State, Subscription
from penstock.services.sns.topics.topic import Topic

_AGENT = "Amazon Simple Notification Service Agent"
_RETRIED = 429


class Webhooks:
    """The HTTP endpoints of one server."""

    def __init__(self, parts: Parts) -> None:
        self._clock = parts.clock
        self._outbound = Outbound(parts.config, parts.ca_bundle)
        self._pace = Pace(parts.clock)

    async def post(self, topic: Topic, to: Subscription, notification: Notification, text: str) -> Attempt:
        """Tries once to deliver, within 15 seconds; when the server stops, the try does not count."""
        policy = effective(topic.delivery_policy, to.delivery_policy)
        try:
            return await self._outbound.unless_stopped(self._post(to, notification, text, policy))
        except Stopped as stopped:
            return Attempt(ok=False, error=str(stopped), throttled=True)

    async def close(self) -> None:
        """Ends what is being tried, and closes all connections."""
        await self._outbound.close()

    async def _post(
        self, to: Subscription, notification: Notification, text: str, policy: DeliveryPolicy
    ) -> Attempt:
        if policy.max_per_second and notification.kind is Kind.NOTIFICATION:
            await self._pace.wait(to.uid, policy.max_per_second)
        started_ms = self._clock.now_ms()
        shown = shown_url(to.endpoint)
        detail: dict[str, object] = {"message_id": notification.id, "endpoint": shown}
        headers = _headers(to, notification, policy.content_type or DEFAULT_CONTENT_TYPE)
        request = OutboundRequest("POST", to.endpoint, headers, text.encode(), limits.HTTP_TIMEOUT_S)
        try:
            answer = await self._outbound.send(request)
        except ForbiddenEndpoint as forbidden:
            return Attempt(ok=False, error=str(forbidden), detail=detail | {"retryable": False})
        except Unanswered as unanswered:
            return Attempt(ok=False, error=str(unanswered), outage=True, detail=detail)
        detail |= {
            "status": answer.status,
            "response": answer.text[:1024],
            "duration_ms": self._clock.now_ms() - started_ms,
        }
        if 200 <= answer.status < 300:
            return Attempt(ok=True, detail=detail)
        retryable = answer.status >= 500 or answer.status == _RETRIED
        error = f"{shown} answered with status {answer.status}"
        return Attempt(ok=False, error=error, outage=retryable, detail=detail | {"retryable": retryable})


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


def _headers(to: Subscription, notification: Notification, content_type: str) -> list[tuple[str, str]]:
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
    if authorization := basic_authorization(to.endpoint):
        headers.append(("Authorization", authorization))
    return headers

"""The event history: management events of an account and a region, the newest first.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.audit import Page, Question, place, search, user_name
from penstock.digits import whole_number
from penstock.server import Call, Params, operation, page_token, read_page_token
from penstock.services.cloudtrail import errors
from penstock.services.cloudtrail.state import CloudTrailState

_DAYS_MS = 90 * 86_400_000
_MAX_RESULTS = 50
_STEPS = 4  # pages of the trail that are looked through for one answer


@operation("LookupEvents", action="cloudtrail:LookupEvents")
async def lookup_events(cloudtrail: CloudTrailState, call: Call, params: Params) -> Params:
    """Returns a page of events, which may have none although there is a further page."""
    count = params.get("MaxResults", _MAX_RESULTS)
    if not 1 <= count <= _MAX_RESULTS:
        raise errors.invalid_max_results()
    if params.get("EventCategory"):
        raise errors.insights_unavailable()
    await cloudtrail.journal.catch_up()
    question = _question(call, params)
    page = Page([], _place(params))
    for _ in range(_STEPS):
        found = await cloudtrail.store.read(search, question, page.place, count - len(page.documents))
        page = Page(page.documents + found.documents, found.place)
        if page.place is None or len(page.documents) == count:
            break
    answer: Params = {"Events": [_event(document) for document in page.documents]}
    if page.place is not None:
        answer["NextToken"] = page_token(f"{page.place[0]} {page.place[1]}")
    return answer


def _question(call: Call, params: Params) -> Question:
    from_ms = max(_ms(params, "StartTime", 0), call.now_ms - _DAYS_MS)
    to_ms = _ms(params, "EndTime", call.now_ms)
    if "StartTime" in params and _ms(params, "StartTime", 0) > to_ms:
        raise errors.invalid_time_range()
    asked = params.get("LookupAttributes") or []
    if len(asked) > 1:
        raise errors.too_many_attributes()
    terms = [place(call.region)]
    for attribute in asked:
        terms.append((attribute["AttributeKey"], attribute["AttributeValue"]))
    return Question(call.account, tuple(terms), from_ms, to_ms)


def _ms(params: Params, name: str, otherwise: int) -> int:
    time = params.get(name)
    return otherwise if time is None else int(time.timestamp() * 1000)


def _place(params: Params) -> tuple[int, int] | None:
    token = params.get("NextToken")
    if token is None:
        return None
    numbers = [whole_number(word) for word in (read_page_token(token) or "").split(" ")]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        raise errors.invalid_token()
    return numbers[0], numbers[1]


def _event(document: dict[str, Any]) -> Params:
    event = {
        "EventId": document["eventID"],
        "EventName": document["eventName"],
        "ReadOnly": "true" if document["readOnly"] else "false",
        "EventTime": datetime.strptime(document["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
        "EventSource": document["eventSource"],
        "Resources": [
            {"ResourceType": resource["type"], "ResourceName": resource["ARN"]}
            for resource in document["resources"]
            if "type" in resource
        ],
        "CloudTrailEvent": orjson.dumps(document).decode(),
    }
    if name := user_name(document):
        event["Username"] = name
    if key := document["userIdentity"].get("accessKeyId"):
        event["AccessKeyId"] = key
    return event

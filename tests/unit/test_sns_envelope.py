"""What endpoints read, beside the examples of AWS's pages.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import json
from datetime import datetime
from pathlib import Path

import pytest

from penstock.services.sns.messages.envelope import Addressee, envelope, signed_text
from penstock.services.sns.messages.notification import (
    Kind,
    Notification,
    notification_document,
    read_notification,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "sns"


class PageSigner:
    """Signs as the page's examples are."""

    version = "1"
    endpoint = "https://sns.us-west-2.amazonaws.com"
    certificate_url = f"{endpoint}/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem"

    def __init__(self) -> None:
        self.frames: dict[str, tuple[str, str]] = {}

    def signature(self, text: str) -> str:
        return "EXAMPLE"


@pytest.mark.parametrize("name", ["notification", "subscription_confirmation"])
def test_an_envelope_is_the_page_s_example_to_the_letter(name: str) -> None:
    text = (GOLDEN / f"{name}.json").read_text()
    page = json.loads(text)
    arn = page.get("UnsubscribeURL", "").partition("SubscriptionArn=")[2]
    notification = Notification(
        page["MessageId"],
        page["TopicArn"],
        round(datetime.fromisoformat(page["Timestamp"]).timestamp() * 1000),
        page["Message"],
        kind=Kind(page["Type"]),
        subject=page.get("Subject"),
        token=page.get("Token"),
    )
    assert envelope(notification, Addressee("http", arn), PageSigner()) == text.rstrip("\n")  # type: ignore[arg-type]


def test_what_is_signed_is_the_page_s_example() -> None:
    members = {
        "Type": "Notification",
        "MessageId": "4d4dc071-ddbf-465d-bba8-08f81c89da64",
        "TopicArn": "arn:aws:sns:us-east-2:123456789012:s4-MySNSTopic-1G1WEFCOXTC0P",
        "Subject": "My subject",
        "Message": "My Test Message",
        "Timestamp": "2019-01-31T04:37:04.321Z",
        "SignatureVersion": "1",
    }
    assert signed_text(members) == (
        "Message\nMy Test Message\nMessageId\n4d4dc071-ddbf-465d-bba8-08f81c89da64\nSubject\nMy subject\n"
        "Timestamp\n2019-01-31T04:37:04.321Z\nTopicArn\n"
        "arn:aws:sns:us-east-2:123456789012:s4-MySNSTopic-1G1WEFCOXTC0P\nType\nNotification\n"
    )


def test_a_delivery_keeps_the_whole_message() -> None:
    notification = Notification(
        "id",
        "arn:aws:sns:us-east-1:000000000000:t",
        1,
        "é\0\u2028",
        subject="s",
        attributes={"b": {"DataType": "Binary", "BinaryValue": b"\0\xff"}},
        texts={},
        group="g",
        deduplication_id="d",
        sequence="1",
        after=3,
        replayed=True,
    )
    assert read_notification(notification_document(notification)) == notification

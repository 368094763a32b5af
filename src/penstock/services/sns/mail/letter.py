"""Letters: a topic's messages, and questions about subscriptions, as mail."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from penstock.services.sns.messages.envelope import subscribe_url, unsubscribe_url
from penstock.services.sns.messages.notification import Kind, Notification
from penstock.services.sns.subscriptions.subscription import Protocol, Subscription
from penstock.services.sns.topics.topic import Topic

_DEFAULT_SENDER = "AWS Notifications"
_SUBJECTS = {
    Kind.NOTIFICATION: "AWS Notification Message",
    Kind.SUBSCRIPTION: "AWS Notification - Subscription Confirmation",
    Kind.UNSUBSCRIPTION: "AWS Notification - Unsubscribe Confirmation",
}
_FOOTER = "Please do not reply directly to this email."


def letter(
    topic: Topic, to: Subscription, notification: Notification, document: str, endpoint: str, sender: str
) -> EmailMessage:
    """Returns the mail; ``document`` is the message in its envelope, which email-json gets."""
    made = EmailMessage(policy=SMTP)
    is_notification = notification.kind is Kind.NOTIFICATION
    name = topic.attributes.get("DisplayName") if is_notification else None
    user, _, domain = sender.rpartition("@")
    made["From"] = Address(name or _DEFAULT_SENDER, user, domain)
    made["To"] = to.endpoint
    made["Subject"] = (notification.subject if is_notification else None) or _SUBJECTS[notification.kind]
    made["Date"] = format_datetime(datetime.fromtimestamp(notification.time_ms / 1000, UTC))
    made["Message-ID"] = f"<{notification.id}.{to.uid}@{domain}>"
    if is_notification:
        made["List-Unsubscribe"] = f"<{unsubscribe_url(endpoint, to.arn)}>"
    text = document if to.protocol is Protocol.EMAIL_JSON else _text(to, notification, endpoint)
    made.set_content(text, charset="utf-8", cte="base64" if _is_wide(text) else None)
    return made


def _text(to: Subscription, notification: Notification, endpoint: str) -> str:
    if notification.kind is Kind.NOTIFICATION:
        link = unsubscribe_url(endpoint, to.arn)
        return (
            f"{notification.text(to.protocol.value)}\n\n--\n"
            "If you wish to stop receiving notifications from this topic, please click or visit the link below to "
            f"unsubscribe:\n{link}\n\n{_FOOTER}\n"
        )
    link = subscribe_url(endpoint, notification.topic_arn, notification.token or "")
    if notification.kind is Kind.SUBSCRIPTION:
        return (
            f"You have chosen to subscribe to the topic:\n{notification.topic_arn}\n\n"
            "To confirm this subscription, click or visit the link below (If this was in error no action is "
            f"necessary):\n{link}\n\n--\n{_FOOTER}\n"
        )
    return (
        f"Your subscription to the topic below has been deactivated:\n{notification.topic_arn}\n\n"
        "If this was in error or you wish to resubscribe, click or visit the link below:\n"
        f"{link}\n\n--\n{_FOOTER}\n"
    )


def _is_wide(text: str) -> bool:
    """Returns whether the text has lines that mail does not carry as they are."""
    return not text.isascii() or any(len(line) > 900 for line in text.split("\n")) or "\0" in text

"""Sends letters: by SMTP when a setting says where to, else into the maildir."""

import asyncio
from collections.abc import Mapping
from email import policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from penstock.delivery import Attempt
from penstock.errors import AwsError, StartError
from penstock.server import Command
from penstock.services.service import Parts
from penstock.services.sns.mail.letter import letter
from penstock.services.sns.mail.maildir import Maildir
from penstock.services.sns.messages.notification import Notification
from penstock.services.sns.subscriptions.subscription import Subscription
from penstock.services.sns.topics.topic import Topic

_TIMEOUT_S = 30
_PERMANENT = 500


class Mailer:
    """The mail of one server."""

    def __init__(self, parts: Parts) -> None:
        self._clock = parts.clock
        self._endpoint = parts.endpoint
        self._sender = parts.config.mail_from
        self._smtp = _server(parts.config.smtp) if parts.config.smtp else None
        fsync = not parts.config.memory and parts.config.durability == "full"
        self._maildir = Maildir(parts.config.data_dir() / "mail", fsync=fsync)
        self._closing = asyncio.Event()

    async def send(
        self, topic: Topic, to: Subscription, notification: Notification, document: str
    ) -> Attempt:
        """Tries once to send the message as a letter."""
        made = letter(topic, to, notification, document, self._endpoint, self._sender)
        detail: dict[str, object] = {"message_id": notification.id, "endpoint": to.endpoint}
        try:
            if self._smtp is None:
                name = f"{notification.time_ms}.{notification.id}.{to.uid}"
                await asyncio.to_thread(self._maildir.put, name, made.as_bytes(policy=policy.default))
                return Attempt(ok=True, detail=detail | {"maildir": name})
            return await self._submit(made, detail)
        except OSError as error:
            return Attempt(ok=False, error=f"the mail cannot be written: {error}", detail=detail)

    async def close(self) -> None:
        """Ends what is being sent."""
        self._closing.set()

    def commands(self) -> Mapping[tuple[str, str], Command]:
        """Returns what root may ask of the maildir."""
        return {("GET", "mail"): self._list_or_show}

    async def _submit(self, made: EmailMessage, detail: dict[str, object]) -> Attempt:
        import aiosmtplib

        assert self._smtp is not None
        work = asyncio.ensure_future(aiosmtplib.send(made, timeout=_TIMEOUT_S, **self._smtp))
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait((work, closing), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                return Attempt(ok=False, error="the server was stopped", throttled=True)
            work.result()
        except aiosmtplib.SMTPException as refused:
            code = _code(refused)
            detail |= {"status": code, "retryable": code < _PERMANENT}
            error = f"the mail server refuses it: {refused}"
            return Attempt(ok=False, error=error, outage=code < _PERMANENT, detail=detail)
        finally:
            for task in (work, closing):
                task.cancel()
            await asyncio.gather(work, closing, return_exceptions=True)
        return Attempt(ok=True, detail=detail)

    async def _list_or_show(self, args: Mapping[str, Any]) -> dict[str, Any]:
        if self._smtp is not None:
            raise AwsError("NotFound", "Mail is sent by SMTP; nothing is kept here.", status=404)
        if "id" not in args:
            return {"letters": await asyncio.to_thread(self._maildir.list)}
        found = await asyncio.to_thread(self._maildir.show, str(args["id"]))
        if found is None:
            raise AwsError("NotFound", f"There is no letter {args['id']}.", status=404)
        return found


def _code(refused: Exception) -> int:
    """Returns the reply code of what a mail server refuses, 0 when it has none."""
    recipients = getattr(refused, "recipients", None)
    if isinstance(recipients, list) and recipients:
        return int(min(getattr(one, "code", 0) for one in recipients))
    return int(getattr(refused, "code", 0) or 0)


def _server(url: str) -> dict[str, Any]:
    """Returns what aiosmtplib is to be told of the mail server; StartError when the setting is no such URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise StartError(f"smtp is {url!r}; it must be smtp://user:password@host:port") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise StartError("smtp must be smtp://user:password@host:port, or smtps://…")
    secure = parts.scheme == "smtps"
    return {
        "hostname": parts.hostname,
        "port": port or (465 if secure else 25),
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "use_tls": secure,
    }

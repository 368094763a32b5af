"""As whom a source is read, and its failures are sent: as the role of who is fed, which its service assumes."""

from dataclasses import replace
from typing import Any

from penstock.access import Principal
from penstock.services.service import Parts
from penstock.services.source import Fed

_RENEW_BEFORE_MS = 5 * 60_000


class ReaderRole:
    """One reader's role, assumed anew when its credentials end or it is another."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._credentials: dict[str, Any] = {}
        self._role = ""

    async def principal(self, fed: Fed) -> Principal:
        """Returns whom the role makes of its service, with what it may do now; AwsError when it cannot be assumed."""
        now_ms = self._parts.clock.now_ms()
        ends = self._credentials.get("Expiration")
        over = ends is None or ends.timestamp() * 1000 - _RENEW_BEFORE_MS <= now_ms
        if over or self._role != fed.role:
            self._credentials = await self._assume(fed)
            self._role = fed.role
        # Asked anew each time, so that what the role may do is what it may do now.
        found = await self._parts.call.identify(
            self._credentials["AccessKeyId"], self._credentials["SessionToken"]
        )
        return replace(found, session_keys=())  # it is the service that reads, not a function's code

    async def call(
        self, fed: Fed, service: str, operation: str, params: dict[str, Any], *, trace: str | None = None
    ) -> dict[str, Any]:
        """Returns an operation's answer to the role; AwsError."""
        principal = await self.principal(fed)
        return await self._parts.call(
            service,
            operation,
            params,
            principal=principal,
            account=principal.account,
            region=fed.region,
            trace=trace,
        )

    async def _assume(self, fed: Fed) -> dict[str, Any]:
        answer = await self._parts.call(
            "sts",
            "AssumeRole",
            {"RoleArn": fed.role, "RoleSessionName": fed.session_name},
            principal=Principal.of_service(fed.service, fed.account, fed.arn),
            account=fed.account,
            region=fed.region,
        )
        credentials: dict[str, Any] = answer["Credentials"]
        return credentials

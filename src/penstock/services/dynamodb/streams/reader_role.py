"""As whom a function's stream is read, and its failures are sent: as its role, which Lambda assumes."""

from dataclasses import replace
from typing import Any

from penstock.access import Principal
from penstock.arn import arn
from penstock.services.service import Parts
from penstock.services.source import Fed

_SERVICE = "lambda.amazonaws.com"
_RENEW_BEFORE_MS = 5 * 60_000


class ReaderRole:
    """One function's role, assumed anew when its credentials end or it is another."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._credentials: dict[str, Any] = {}
        self._role = ""

    async def principal(self, function: Fed) -> Principal:
        """Returns whom the role makes of the function, with what it may do now; AwsError when it cannot be assumed."""
        now_ms = self._parts.clock.now_ms()
        ends = self._credentials.get("Expiration")
        over = ends is None or ends.timestamp() * 1000 - _RENEW_BEFORE_MS <= now_ms
        if over or self._role != function.role:
            self._credentials = await self._assume(function)
            self._role = function.role
        found = await self._parts.call.identify(
            self._credentials["AccessKeyId"], self._credentials["SessionToken"]
        )
        return replace(found, session_keys=())  # it is Lambda that reads, not the function's code

    async def call(
        self, function: Fed, service: str, operation: str, params: dict[str, Any]
    ) -> dict[str, Any]:
        """Returns an operation's answer to the function's role; AwsError."""
        principal = await self.principal(function)
        return await self._parts.call(
            service,
            operation,
            params,
            principal=principal,
            account=principal.account,
            region=function.region,
        )

    async def _assume(self, function: Fed) -> dict[str, Any]:
        name = arn("lambda", function.region, function.account, f"function:{function.name}")
        session = function.name if len(function.name) > 1 else f"{function.name}@lambda_function"
        answer = await self._parts.call(
            "sts",
            "AssumeRole",
            {"RoleArn": function.role, "RoleSessionName": session},
            principal=Principal.of_service(_SERVICE, function.account, name),
            account=function.account,
            region=function.region,
        )
        credentials: dict[str, Any] = answer["Credentials"]
        return credentials

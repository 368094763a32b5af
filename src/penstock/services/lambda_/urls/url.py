"""A function URL: which function or alias it runs, and for whom.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

from penstock.services.lambda_.names import FunctionName
from penstock.store import ReadTx, Row, queries

Q = queries(__package__)

PAGE = "url"
"""Its name under the server's own paths."""

HOST_LABEL = "lambda-url"
"""What follows the URL's id in AWS's host names."""


class AuthType(StrEnum):
    """Who may call: those whom policies allow, or everybody whom the function's policy lets in."""

    AWS_IAM = "AWS_IAM"
    NONE = "NONE"


class InvokeMode(StrEnum):
    """Whether answers are sent when they are whole, or as they are written."""

    BUFFERED = "BUFFERED"
    RESPONSE_STREAM = "RESPONSE_STREAM"


@dataclass(frozen=True, slots=True)
class FunctionUrl:
    """One row of ``lambda_url``. ``cors`` has AWS's member names."""

    id: int
    url_id: str
    function_id: int
    name: FunctionName
    auth_type: AuthType
    cors: dict[str, Any]
    created_ms: int
    modified_ms: int
    invoke_mode: InvokeMode

    def configuration(self, endpoint: str) -> dict[str, Any]:
        """Returns AWS's FunctionUrlConfig, for a caller who reaches the server at ``endpoint``."""
        shown: dict[str, Any] = {
            "FunctionUrl": f"{endpoint}/_penstock/{PAGE}/{self.url_id}/",
            "FunctionArn": self.name.qualified_arn,
            "AuthType": self.auth_type.value,
            "CreationTime": _iso(self.created_ms),
            "LastModifiedTime": _iso(self.modified_ms),
            "InvokeMode": self.invoke_mode.value,
        }
        return {**shown, "Cors": self.cors} if self.cors else shown


def find_url(tx: ReadTx, function_id: int, qualifier: str) -> FunctionUrl | None:
    """Returns the URL of the function or its alias, or None."""
    row = tx.one(Q.find_url, function_id, qualifier)
    return _url(row) if row else None


def find_url_by_id(tx: ReadTx, url_id: str) -> FunctionUrl | None:
    """Returns the URL, or None. Whoever changes its row calls ``tx.forget("lambda.url", url_id)``."""
    return tx.cached("lambda.url", url_id, _load)


def url_page(tx: ReadTx, function_id: int, after: str, limit: int) -> list[FunctionUrl]:
    """Returns at most ``limit`` URLs of the function in the order of their qualifiers, from behind ``after``."""
    return [_url(row) for row in tx.all(Q.find_url_page, function_id, after, limit)]


def _load(tx: ReadTx, url_id: str) -> FunctionUrl | None:
    row = tx.one(Q.find_url_by_id, url_id)
    return _url(row) if row else None


def _url(row: Row) -> FunctionUrl:
    (
        id,
        url_id,
        function_id,
        account,
        region,
        name,
        qualifier,
        auth_type,
        cors,
        created_ms,
        modified_ms,
        mode,
    ) = row
    named = FunctionName(account, region, name, qualifier)
    return FunctionUrl(
        id,
        url_id,
        function_id,
        named,
        AuthType(auth_type),
        orjson.loads(cors),
        created_ms,
        modified_ms,
        InvokeMode(mode),
    )


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"

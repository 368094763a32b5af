"""One call, while it is made, and the record of it.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import asyncio
import re
from collections.abc import Mapping
from contextvars import Token
from types import TracebackType
from typing import Any, NamedTuple

from penstock.access import ANONYMOUS
from penstock.audit import Journal, Record, note
from penstock.clock import Ids
from penstock.errors import AwsError
from penstock.server.auditing.identity import identity, stamp
from penstock.server.auditing.resources import resource_entries
from penstock.server.auditing.shown import plain, shown
from penstock.server.call import Call, Params
from penstock.server.front import Front
from penstock.server.trail import Plan
from penstock.store import CARRIED, Carried, Tx

_VERSION = "1.11"
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_MAX_RESOURCES = 1000  # as many keys as DeleteObjects takes
_MAX_ARNS = 64 * 1024  # characters of them, so that a record stays below what a bus takes
_MAX_TEXT = 1024  # of a message or of a client's name


class Called(NamedTuple):
    """A call: of which service and operation, by whom, with what."""

    front: Front
    plan: Plan
    call: Call
    params: Params


class Entry:
    """Within it the call is made; what it changes carries a note of it, so that none is without a record.

    The record itself follows when the call has ended: in the next batch, or, when a change carried no note, before the
    answer. ``result`` is what the operation returned.
    """

    def __init__(self, journal: Journal, ids: Ids, fronts: Mapping[str, Front], called: Called) -> None:
        self._journal = journal
        self._ids = ids
        self._fronts = fronts
        self._front, self._plan, self._call, params = called
        self._params = shown(self._model.input, params, self._front.service.trail)
        self._event_ids: dict[str, str] = {}
        self._touched: dict[str, str] = {}
        self._arns = 0
        self._token: Token[Carried | None] | None = None
        self._is_noted = False
        self.result: Params | None = None

    @property
    def _model(self) -> Any:
        return self._front.model.operations[self._plan.operation]

    async def __aenter__(self) -> "Entry":
        self._call.touch = self.touch
        self._token = CARRIED.set(None if self._plan.is_read else self._note)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._token is not None:
            CARRIED.reset(self._token)
            self._token = None
        if not self._is_wanted() or (error is not None and self._is_strangers()):
            return
        records = self._records(error)
        if error is None and not self._plan.is_read and not self._is_noted:
            await self._journal.keep(records)
            return
        for record in records:
            self._journal.add(record)

    def touch(self, arn: str, account: str) -> None:
        """Takes down a resource that the caller was weighed for, and whose it is."""
        if arn == "*" or arn in self._touched or len(self._touched) == _MAX_RESOURCES:
            return
        self._arns += len(arn)
        if self._arns <= _MAX_ARNS:
            self._touched[plain(arn)] = plain(account)

    def _is_wanted(self) -> bool:
        return self._plan.wants is None or any(map(self._plan.wants, self._touched))

    def _is_strangers(self) -> bool:
        """Returns whether it is a management event of somebody who did not sign: whoever likes could fill the trail."""
        return self._call.principal is ANONYMOUS and not self._plan.is_data

    def _note(self, tx: Tx) -> None:
        """Notes the call beside what it changes, as long as it is made: what it has set going may write later."""
        if self._token is None or not self._is_wanted():
            return
        for record in self._records(None):
            note(tx, record)
        tx.after_commit(self._noted)

    def _noted(self) -> None:
        self._is_noted = True

    def _records(self, error: BaseException | None) -> list[Record]:
        """Returns the record of the caller's account, and one for each other account whose resource it was done to."""
        said, accounts = self._said(error), self._accounts(is_done=error is None or self._is_noted)
        if len(accounts) > 1:
            said["sharedEventID"] = self._event_id("")
        return [
            Record(
                {**said, "eventID": self._event_id(account), "recipientAccountId": account}, self._call.now_ms
            )
            for account in accounts
        ]

    def _accounts(self, *, is_done: bool) -> list[str]:
        """Returns whose records there are: what was refused is no business of those whom somebody else has named."""
        mine = self._call.account
        owners = {account for account in self._touched.values() if _ACCOUNT.fullmatch(account)}
        if not mine:
            return sorted(owners) or [mine]
        return [mine, *sorted(owners - {mine})] if is_done else [mine]

    def _event_id(self, account: str) -> str:
        return self._event_ids.setdefault(account, self._ids.uuid())

    def _said(self, error: BaseException | None) -> dict[str, Any]:
        call, plan, front = self._call, self._plan, self._front
        by = call.via or call.principal.service
        said: dict[str, Any] = {
            "eventVersion": _VERSION,
            "userIdentity": identity(call),
            "eventTime": stamp(call.now_ms),
            "eventSource": f"{front.model.signing_name}.amazonaws.com",
            "eventName": plan.operation,
            "awsRegion": plain(call.region),
            "sourceIPAddress": by or (call.source_ip if call.headers else "AWS Internal"),
            "userAgent": by or plain(call.headers.get("user-agent", "AWS Internal"))[:_MAX_TEXT],
            "requestParameters": self._params,
            "responseElements": self._answered(),
            "requestID": call.request_id,
            "readOnly": plan.is_read,
            "resources": resource_entries(self._fronts, self._touched),
            "eventType": "AwsApiCall",
            "apiVersion": front.model.api_version,
            "managementEvent": not plan.is_data,
            "eventCategory": "Data" if plan.is_data else "Management",
        }
        if call.host_id:
            said["additionalEventData"] = {"x-amz-id-2": call.host_id}
        if call.tls_version:
            said["tlsDetails"] = {"tlsVersion": f"TLSv{call.tls_version}"}
        if error is not None:
            said |= _failure(error)
        return said

    def _answered(self) -> Any:
        if self._plan.is_read:
            return None
        return shown(self._model.output, self.result, self._front.service.trail)


def _failure(error: BaseException) -> dict[str, Any]:
    if isinstance(error, AwsError):
        message = plain(error.message)[:_MAX_TEXT]
        return {"errorCode": error.code, "errorMessage": message}
    if isinstance(error, asyncio.CancelledError):
        return {"errorCode": "RequestCancelled", "errorMessage": "The client went away."}
    return {"errorCode": "InternalFailure", "errorMessage": "The server could not do it."}

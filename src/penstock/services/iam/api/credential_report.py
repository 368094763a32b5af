"""The credential report: each user's password and keys, as a table.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

import csv
from collections.abc import Iterable
from io import StringIO

from penstock.server import Call, Params, operation
from penstock.services.iam import errors
from penstock.services.iam.credentials import keys_of
from penstock.services.iam.entities.account import find_account
from penstock.services.iam.entities.login_profile import find_login_profile
from penstock.services.iam.entities.user import User, users_after
from penstock.services.iam.instant import instant
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")

_KEY_COLUMNS = (
    "active",
    "last_rotated",
    "last_used_date",
    "last_used_region",
    "last_used_service",
)
_COLUMNS = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    *(f"access_key_1_{name}" for name in _KEY_COLUMNS),
    *(f"access_key_2_{name}" for name in _KEY_COLUMNS),
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
)
_FRESH_MS = 4 * 3600 * 1000  # so long AWS gives out the same report
_STEP = 50
_NONE = "N/A"
_NO_KEY = ("false", _NONE, _NONE, _NONE, _NONE)


@operation("GenerateCredentialReport", action="iam:GenerateCredentialReport")
async def generate_credential_report(iam: IamState, call: Call, params: Params) -> Params:
    """Returns that there is a report of the last four hours, or that one has been made now."""
    kept = await iam.store.read(find_account, call.account)
    if kept.report_ms is not None and call.now_ms - kept.report_ms < _FRESH_MS:
        return {"State": "COMPLETE"}
    lines, after = [_of_root(call.account)], ""
    while found := await iam.store.read(_lines, call.account, after):
        lines += [line for _, line in found]
        after = found[-1][0]
    await iam.store.write(_keep, call.account, _table([_COLUMNS, *lines]))
    return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}


@operation("GetCredentialReport", action="iam:GetCredentialReport")
async def get_credential_report(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the report; AwsError ``ReportNotPresent``, ``ReportExpired``."""
    kept = await iam.store.read(find_account, call.account)
    if kept.report is None or kept.report_ms is None:
        raise errors.no_report()
    if call.now_ms - kept.report_ms >= _FRESH_MS:
        raise errors.old_report()
    return {
        "Content": kept.report.encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": instant(kept.report_ms),
    }


def _lines(tx: ReadTx, account: str, after: str) -> list[tuple[str, list[str]]]:
    """Returns a few users' lines, by the names to go on from."""
    return [(user.name.lower(), _line(tx, user)) for user in users_after(tx, account, after, "/", _STEP)]


def _line(tx: ReadTx, user: User) -> list[str]:
    profile = find_login_profile(tx, user.id)
    password = ["true", "no_information", _moment(profile.changed_ms), _NONE] if profile else _no_password()
    keys = [
        (str(key.is_active).lower(), _moment(key.created_ms), _NONE, _NONE, _NONE)
        for key in keys_of(tx, user.id)[:2]
    ]
    cells = [cell for key in (*keys, _NO_KEY, _NO_KEY)[:2] for cell in key]
    return [user.name, user.arn, _moment(user.created_ms), *password, "false", *cells, *_no_certificates()]


def _of_root(account: str) -> list[str]:
    arn = f"arn:aws:iam::{account}:root"
    password = ["not_supported", "no_information", "not_supported", "not_supported"]
    key = ("true", _NONE, _NONE, _NONE, _NONE)
    return ["<root_account>", arn, _moment(0), *password, "false", *key, *_NO_KEY, *_no_certificates()]


def _no_password() -> list[str]:
    return ["false", _NONE, _NONE, _NONE]


def _no_certificates() -> list[str]:
    return ["false", _NONE, "false", _NONE]


def _moment(ms: int) -> str:
    return instant(ms).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _table(lines: Iterable[Iterable[str]]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def _keep(tx: Tx, account: str, report: str) -> None:
    tx.run(Q.put_credential_report, account, report, tx.now_ms)

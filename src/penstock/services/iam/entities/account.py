"""What an account has beside its users, groups, roles and policies."""

from dataclasses import dataclass
from typing import Any

import orjson

from penstock.services.iam import errors
from penstock.store import ReadTx, queries

Q = queries("penstock.services.iam")

_SYMBOLS = frozenset("!@#$%^&*()_+-=[]{}|'")
_DEFAULT_LENGTH = 8
_DEFAULT_KINDS = 3  # of the four kinds of characters, where an account has no policy of its own


@dataclass(frozen=True, slots=True)
class Account:
    """One row of ``iam_account``; ``password_policy`` are its members as AWS names them, None by default."""

    alias: str | None
    password_policy: dict[str, Any] | None
    report: str | None
    report_ms: int | None


def find_account(tx: ReadTx, account: str) -> Account:
    """Returns what the account has."""
    row = tx.one(Q.find_account, account)
    if row is None:
        return Account(None, None, None, None)
    alias, policy, report, report_ms = row
    return Account(alias, orjson.loads(policy) if policy else None, report, report_ms)


def check_password(password: str, policy: dict[str, Any] | None) -> None:
    """Returns when the password is what the account's policy asks for; AwsError ``PasswordPolicyViolation``.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
    """
    has = {
        "RequireUppercaseCharacters": any("A" <= one <= "Z" for one in password),
        "RequireLowercaseCharacters": any("a" <= one <= "z" for one in password),
        "RequireNumbers": any("0" <= one <= "9" for one in password),
        "RequireSymbols": any(one in _SYMBOLS for one in password),
    }
    if policy is None:
        conforms = len(password) >= _DEFAULT_LENGTH and sum(has.values()) >= _DEFAULT_KINDS
    else:
        conforms = len(password) >= policy["MinimumPasswordLength"] and all(
            has[rule] for rule in has if policy[rule]
        )
    if not conforms:
        raise errors.password_violates()

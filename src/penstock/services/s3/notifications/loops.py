"""Warns of functions that would run because of what they write themselves."""

from urllib.parse import unquote_plus

from penstock.access import Principal, decide
from penstock.arn import Arn
from penstock.delivery import Rule
from penstock.delivery.stamps import iso_time
from penstock.delivery.telling.writers import written_into
from penstock.errors import AwsError
from penstock.identities import Identities
from penstock.server import Caller
from penstock.services.s3.buckets.bucket import find_bucket
from penstock.store import ReadTx, Store

_LAMBDA = "lambda.amazonaws.com"


class Loops:
    """Asks the ledger what a function has written, and its role what it may write."""

    def __init__(self, store: Store, identities: Identities, call: Caller) -> None:
        self._store = store
        self._identities = identities
        self._call = call

    async def warnings(self, bucket: str, rule: Rule) -> list[str]:
        """Returns why the rule's function might make itself run; nothing for other destinations."""
        if Arn.parse(rule.arn).service != "lambda":
            return []
        if written := await self._store.read(written_into, rule, bucket):
            at = iso_time(written.time_ms)
            return [
                f"the function wrote s3://{bucket}/{written.key} {at}: such an object would make it run again"
            ]
        role = await self._role(rule.arn)
        if (
            role
            and rule.covers("ObjectCreated:Put")
            and await self._store.read(self._may, role, bucket, rule)
        ):
            place = f"s3://{bucket}/{unquote_plus(rule.prefix)}*{unquote_plus(rule.suffix)}"
            return [f"the function's role {role} may write {place}: what it writes there makes it run again"]
        return []

    async def _role(self, function: str) -> str | None:
        arn = Arn.parse(function)
        root = Principal.root(arn.account)
        try:
            found = await self._call(
                "lambda",
                "GetFunctionConfiguration",
                {"FunctionName": function},
                principal=root,
                account=arn.account,
                region=arn.region,
            )
        except AwsError:  # there is no such function, which the check says itself
            return None
        return str(found["Role"])

    def _may(self, tx: ReadTx, role: str, name: str, rule: Rule) -> bool:
        bucket = find_bucket(tx, name)
        principal = self._identities.keeper.role_principal(
            tx, role, service=_LAMBDA, session="rules", source=rule.arn
        )
        if bucket is None or principal is None:
            return False
        key = f"{unquote_plus(rule.prefix)}x{unquote_plus(rule.suffix)}"
        arn = f"{bucket.arn}/{key}"
        return decide(principal, "s3:PutObject", arn, {}, bucket.policy, bucket.account).allowed

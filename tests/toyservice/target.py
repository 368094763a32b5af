"""Connections as destinations."""

from penstock.delivery import Message, MissingDestination, Source, Target
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


class ToyTarget(Target):
    """Delivery's way in: an event is rows of the transaction that caused it."""

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when there is such a connection; else raises MissingDestination."""
        if tx.one(Q.find_connection, arn) is None:
            raise MissingDestination(f"The connection {arn} does not exist.")

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> str:
        """Makes the connection available and returns an id of the delivery."""
        self.check(tx, arn, source)
        tx.run(Q.put_available, arn)
        return tx.ids.uuid()

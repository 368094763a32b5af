"""What bodies that are read whole may hold in memory: all of them together, and those from one address."""

from collections import Counter

from penstock.server.http import refusals


class Allowance:
    """``bytes`` in all, ``per_address`` of them for one address."""

    def __init__(self, bytes: int, per_address: int) -> None:
        self._bytes = bytes
        self._per_address = per_address
        self._by_address: Counter[str] = Counter()
        self.taken = 0

    def take(self, address: str, count: int) -> None:
        """Promises ``count`` bytes to a request from ``address``; AwsError ``SlowDown`` when that is too much."""
        if self.taken + count > self._bytes or self._by_address[address] + count > self._per_address:
            raise refusals.too_many()
        self.taken += count
        self._by_address[address] += count

    def give_back(self, address: str, count: int) -> None:
        """Called when the request has been answered, or broken off."""
        self.taken -= count
        self._by_address[address] -= count
        if not self._by_address[address]:
            del self._by_address[address]

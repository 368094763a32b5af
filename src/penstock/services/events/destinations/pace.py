"""How often each API destination is asked: so many times in each second of the server's clock."""

from typing import NamedTuple

_MANY = 100_000
_LATE_MS = 3_600_000


class _Second(NamedTuple):
    """The last second in which somebody has a place, and how many have."""

    number: int
    taken: int


class Pace:
    """The places of one server's API destinations."""

    def __init__(self) -> None:
        self._seconds: dict[str, _Second] = {}
        self._held: dict[int, int] = {}
        self._most = _MANY

    def turn_ms(self, destination: str, rate: int, job: int, now_ms: int) -> int:
        """Returns when it is the job's turn, which then keeps its place; ``now_ms`` when that is now."""
        held_ms = self._held.get(job)
        if held_ms is None:
            held_ms = self._next_ms(destination, rate, now_ms)
        if held_ms <= now_ms:
            self._held.pop(job, None)
            return now_ms
        self._held[job] = held_ms
        return held_ms

    def _next_ms(self, destination: str, rate: int, now_ms: int) -> int:
        self._tidy(now_ms)
        last = self._seconds.get(destination)
        if last is None or last.number < now_ms // 1000:
            last = _Second(now_ms // 1000, 0)
        elif last.taken >= rate:
            last = _Second(last.number + 1, 0)
        self._seconds[destination] = _Second(last.number, last.taken + 1)
        return max(last.number * 1000, now_ms)

    def _tidy(self, now_ms: int) -> None:
        """Lets go of places that nobody came for, and of seconds that are over."""
        if len(self._held) + len(self._seconds) <= self._most:
            return
        now = now_ms // 1000
        self._held = {job: at_ms for job, at_ms in self._held.items() if at_ms > now_ms - _LATE_MS}
        self._seconds = {arn: last for arn, last in self._seconds.items() if last.number >= now}
        self._most = max(_MANY, 2 * (len(self._held) + len(self._seconds)))

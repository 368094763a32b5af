"""ConsumedCapacity: the units that AWS would count.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from penstock.services.dynamodb.tables.index import Index, Kind
from penstock.services.dynamodb.tables.table import Table

if TYPE_CHECKING:  # the service, which counts from the start, needs no expressions before its first request
    from penstock.services.dynamodb.items.writes import Written

_WRITE_BYTES = 1024
_READ_BYTES = 4096


class Reading(Enum):
    """How a read is made; the value is what 4 KB cost."""

    EVENTUAL = 0.5
    CONSISTENT = 1.0
    TRANSACTIONAL = 2.0


def reading(consistent: object) -> Reading:
    """Returns how a request with this ``ConsistentRead`` reads."""
    return Reading.CONSISTENT if consistent else Reading.EVENTUAL


@dataclass(slots=True)
class Units:
    """What was consumed of one table, and of its indexes by name."""

    table: float = 0.0
    indexes: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, other: "Units") -> None:
        """Adds what something else has consumed of the same table."""
        self.table += other.table
        for name, units in other.indexes.items():
            self.indexes[name] += units


def read_units(bytes: int, how: Reading) -> float:
    """Returns the units of reading so many bytes; what is not there costs as the smallest item."""
    return max(1, -(-bytes // _READ_BYTES)) * how.value


def write_units(table: Table, written: "Written", factor: int = 1) -> Units:
    """Returns the units of a write, by the larger of the item before and after; ``factor`` is 2 in a transaction."""
    old, new = written.old, written.new
    largest = max(old.bytes if old else 0, new.bytes if new else 0)
    units = Units(_written(largest) * factor)
    for index in table.secondary.values():
        consumed = _index_units(index, written)
        if consumed:
            units.indexes[index.name] = consumed * factor
    return units


def shown_units(table: Table, units: Units, mode: str, member: str = "") -> dict[str, Any]:
    """Returns AWS's ``ConsumedCapacity``; ``member`` is what a transaction says besides: ``WriteCapacityUnits``."""
    total = units.table + sum(units.indexes.values())
    shown: dict[str, Any] = {"TableName": table.name, **_capacity(total, member)}
    if mode == "INDEXES":
        shown["Table"] = _capacity(units.table, member)
        for name, kind in (("LocalSecondaryIndexes", Kind.LOCAL), ("GlobalSecondaryIndexes", Kind.GLOBAL)):
            found = _of_kind(table, units.indexes, kind)
            if found:
                shown[name] = {index: _capacity(consumed, member) for index, consumed in found.items()}
    return shown


def wanted(params: Mapping[str, Any]) -> str | None:
    """Returns TOTAL or INDEXES when the answer is to say what was consumed."""
    mode = params.get("ReturnConsumedCapacity")
    return mode if mode in ("TOTAL", "INDEXES") else None


def _of_kind(table: Table, consumed: Mapping[str, float], kind: Kind) -> dict[str, float]:
    return {name: units for name, units in consumed.items() if table.secondary[name].kind is kind}


def _capacity(units: float, member: str) -> dict[str, float]:
    shown = {"CapacityUnits": float(units)}
    return {**shown, member: float(units)} if member else shown


def _written(bytes: int) -> int:
    return max(1, -(-bytes // _WRITE_BYTES))


def _index_units(index: Index, written: "Written") -> int:
    """One write where an entry is put, taken away or shows something else; two where it moves."""
    old, new = written.old, written.new
    before = index.place_of(old.item) if old else None
    after = index.place_of(new.item) if new else None
    if old and new and before == after and index.shown(old.item) == index.shown(new.item):
        return 0
    taken = _written(index.bytes_of(old.item, old.bytes)) if old and before and before != after else 0
    put = _written(index.bytes_of(new.item, new.bytes)) if new and after else 0
    return taken + put

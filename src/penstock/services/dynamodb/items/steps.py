"""How much is done in one transaction: so many items, fewer where they are large."""

from typing import Final

from penstock.services.dynamodb.tables.schema import Place
from penstock.store import Row

STEP_BYTES: Final = 500_000


def some_places(rows: list[Row]) -> list[Place]:
    """Returns the first places of rows that say, behind the place, how large the item is: one at least, if any."""
    places, size = list[Place](), 0
    for hash_key, range_key, bytes in rows:
        places.append(Place(hash_key, range_key))
        size += bytes
        if size > STEP_BYTES:
            break
    return places

"""``AttributesToGet``: whole attributes, by their names.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.AttributesToGet.html
"""

from collections import Counter

from penstock.services.dynamodb.expressions.path import Path
from penstock.services.dynamodb.expressions.projections import Projection, projection_of
from penstock.services.dynamodb.values.invalid import invalid_value


def attributes_to_get(names: list[str]) -> Projection:
    """Returns the projection on these attributes; ValidationException when one is named twice."""
    [(name, count)] = Counter(names).most_common(1)
    if count > 1:
        raise invalid_value(f"Duplicate value in attribute name: {name}")
    return projection_of([Path((name,)) for name in names])

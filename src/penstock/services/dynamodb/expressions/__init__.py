"""Expressions: conditions, filters, key conditions, projections and updates of items. Pure: no store, no clock.

All expressions of one request are compiled with one ``Placeholders``, which says in the end (``check_used``) whether
a name or value was given that none has used. Whatever is wrong is a ValidationException in AWS's words.
"""

from penstock.services.dynamodb.expressions import legacy
from penstock.services.dynamodb.expressions.compile import condition, key_condition, projection, update
from penstock.services.dynamodb.expressions.conditions import Condition
from penstock.services.dynamodb.expressions.error import Kind
from penstock.services.dynamodb.expressions.key_conditions import KeyAttribute, KeyCondition, KeyRange
from penstock.services.dynamodb.expressions.placeholders import Placeholders
from penstock.services.dynamodb.expressions.projections import Projection
from penstock.services.dynamodb.expressions.updates import Update, Updated

__all__ = [
    "Condition",
    "KeyAttribute",
    "KeyCondition",
    "KeyRange",
    "Kind",
    "Placeholders",
    "Projection",
    "Update",
    "Updated",
    "condition",
    "key_condition",
    "legacy",
    "projection",
    "update",
]

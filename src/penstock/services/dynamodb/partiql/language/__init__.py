"""The language: a statement's text and its parameters become a value. Pure: it knows neither tables nor the store."""

from penstock.services.dynamodb.partiql.language.parse import parse
from penstock.services.dynamodb.partiql.language.statement import (
    Delete,
    Exists,
    Insert,
    Returning,
    Select,
    Statement,
    Update,
    attributes_of,
)

__all__ = [
    "Delete",
    "Exists",
    "Insert",
    "Returning",
    "Select",
    "Statement",
    "Update",
    "attributes_of",
    "parse",
]

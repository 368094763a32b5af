"""DynamoDB: tables of items, found by key, in the order of a range key, and through indexes.

It promises: a write that was acknowledged is durable, with its rows in every index and its change in the table's
stream, all of one commit. A read by key, or of a range of keys, costs the same in a table of a thousand items and of a
million. May import: delivery, server, access, store, wire, the ground.
"""

from penstock.services.dynamodb.service import DynamoDb

__all__ = ["DynamoDb"]

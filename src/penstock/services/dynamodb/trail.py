"""What the audit trail must know of DynamoDB: of items only the keys are recorded.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/logging-using-cloudtrail.html
"""

from penstock.server import Trail

_ITEMS = """
    BatchExecuteStatement BatchGetItem BatchWriteItem DeleteItem ExecuteStatement ExecuteTransaction GetItem PutItem
    Query Scan TransactGetItems TransactWriteItems UpdateItem
"""
_CONTENTS = """
    AttributeUpdates Attributes Expected ExpressionAttributeValues Item ItemCollectionMetrics Items KeyConditions
    Parameters QueryFilter Responses ScanFilter Statement UnprocessedItems
"""

TRAIL = Trail(
    data=frozenset(_ITEMS.split()), reads=frozenset({"TransactGetItems"}), hidden=frozenset(_CONTENTS.split())
)

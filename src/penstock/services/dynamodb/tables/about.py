"""DescribeLimits, DescribeEndpoints, DescribeContinuousBackups: what is the same for every table."""

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, asked_table, requested_table, table_resource
from penstock.store import ReadTx

_CACHE_MINUTES = 1440


@operation("DescribeLimits", action="dynamodb:DescribeLimits")
async def describe_limits(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the units that AWS lets an account and a table have."""
    return {
        "AccountMaxReadCapacityUnits": limits.MAX_ACCOUNT_UNITS,
        "AccountMaxWriteCapacityUnits": limits.MAX_ACCOUNT_UNITS,
        "TableMaxReadCapacityUnits": limits.MAX_TABLE_UNITS,
        "TableMaxWriteCapacityUnits": limits.MAX_TABLE_UNITS,
    }


@operation("DescribeEndpoints", action="dynamodb:DescribeEndpoints")
async def describe_endpoints(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns where the caller has just been."""
    address = call.endpoint.partition("://")[2]
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": _CACHE_MINUTES}]}


@operation("DescribeContinuousBackups", action="dynamodb:DescribeContinuousBackups", resource=table_resource)
async def describe_continuous_backups(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns that a table cannot be brought back to a point in time."""
    await dynamo.store.read(_check, asked_table(call, params["TableName"]))
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
        }
    }


def _check(tx: ReadTx, asked: Asked) -> None:
    requested_table(tx, asked)

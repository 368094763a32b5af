"""DescribeLimits, DescribeEndpoints: what is the same for every table."""

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.state import DynamoState

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

"""What DynamoDB has and this server has not, and the operations that would need it."""

from collections.abc import Mapping
from typing import Final

from penstock.services.service import lacking

LACKS: Final[Mapping[str, str]] = lacking(
    {
        "bulk operations": (
            "CancelBulkOperation",
            "DescribeBulkOperation",
            "ListBulkOperations",
            "StartBulkPutItems",
        ),
        "auto scaling": ("DescribeTableReplicaAutoScaling", "UpdateTableReplicaAutoScaling"),
        "global tables of version 2017.11.29": (
            "CreateGlobalTable",
            "DescribeGlobalTable",
            "DescribeGlobalTableSettings",
            "ListGlobalTables",
            "UpdateGlobalTable",
            "UpdateGlobalTableSettings",
        ),
        "Kinesis": (
            "DescribeKinesisStreamingDestination",
            "DisableKinesisStreamingDestination",
            "EnableKinesisStreamingDestination",
            "UpdateKinesisStreamingDestination",
        ),
        "contributor insights": (
            "DescribeContributorInsights",
            "ListContributorInsights",
            "UpdateContributorInsights",
        ),
        "vector indexes": ("SearchVectors",),
    }
)

"""What CloudWatch Logs has and this server has not, and the operations that would need it."""

from collections.abc import Mapping
from typing import Final

from penstock.services.service import lacking

LACKS: Final[Mapping[str, str]] = lacking(
    {
        "exports": ("CancelExportTask", "CreateExportTask", "DescribeExportTasks"),
        "imports": (
            "CancelImportTask",
            "CreateImportTask",
            "DescribeImportTaskBatches",
            "DescribeImportTasks",
        ),
        "streams (Kinesis, Firehose) that destinations lead to": (
            "DeleteDestination",
            "DescribeDestinations",
            "PutDestination",
            "PutDestinationPolicy",
        ),
        "filters, policies and protection of a whole account": (
            "DeleteAccountPolicy",
            "DescribeAccountPolicies",
            "PutAccountPolicy",
        ),
        "data protection": (
            "DeleteDataProtectionPolicy",
            "GetDataProtectionPolicy",
            "PutDataProtectionPolicy",
        ),
        "field indexes": (
            "DeleteIndexPolicy",
            "DescribeFieldIndexes",
            "DescribeIndexPolicies",
            "PutIndexPolicy",
        ),
        "transformers": ("DeleteTransformer", "GetTransformer", "PutTransformer", "TestTransformer"),
        "anomaly detection": (
            "CreateLogAnomalyDetector",
            "DeleteLogAnomalyDetector",
            "GetLogAnomalyDetector",
            "ListAnomalies",
            "ListLogAnomalyDetectors",
            "UpdateAnomaly",
            "UpdateLogAnomalyDetector",
        ),
        "deliveries of other services' logs": (
            "CreateDelivery",
            "DeleteDelivery",
            "DeleteDeliveryDestination",
            "DeleteDeliveryDestinationPolicy",
            "DeleteDeliverySource",
            "DescribeConfigurationTemplates",
            "DescribeDeliveries",
            "DescribeDeliveryDestinations",
            "DescribeDeliverySources",
            "GetDelivery",
            "GetDeliveryDestination",
            "GetDeliveryDestinationPolicy",
            "GetDeliverySource",
            "PutDeliveryDestination",
            "PutDeliveryDestinationPolicy",
            "PutDeliverySource",
            "UpdateDeliveryConfiguration",
        ),
        "scheduled queries": (
            "CreateScheduledQuery",
            "DeleteScheduledQuery",
            "GetScheduledQuery",
            "GetScheduledQueryHistory",
            "ListScheduledQueries",
            "UpdateScheduledQuery",
        ),
        "lookup tables": (
            "CreateLookupTable",
            "DeleteLookupTable",
            "DescribeLookupTables",
            "GetLookupTable",
            "UpdateLookupTable",
        ),
        "OpenSearch and S3 tables": (
            "AssociateSourceToS3TableIntegration",
            "DeleteIntegration",
            "DisassociateSourceFromS3TableIntegration",
            "GetIntegration",
            "ListIntegrations",
            "ListSourcesForS3TableIntegration",
            "PutIntegration",
        ),
        "data sources": ("GetLogFields", "ListAggregateLogGroupSummaries"),
        "objects of large events": ("GetLogObject",),
        "syslog": (
            "DeleteSyslogConfiguration",
            "ListSyslogConfigurations",
            "PutBearerTokenAuthentication",
            "PutSyslogConfiguration",
        ),
        "storage tiers": ("GetStorageTierPolicy", "PutStorageTierPolicy"),
    }
)

"""What CloudWatch has and this server has not, and the operations that would need it."""

from collections.abc import Mapping
from typing import Final

from penstock.services.service import lacking

LACKS: Final[Mapping[str, str]] = lacking(
    {
        "anomaly detection": (
            "DeleteAnomalyDetector",
            "DescribeAnomalyDetectors",
            "PutAnomalyDetector",
        ),
        "metric streams": (
            "DeleteMetricStream",
            "GetMetricStream",
            "ListMetricStreams",
            "PutMetricStream",
            "StartMetricStreams",
            "StopMetricStreams",
        ),
        "Contributor Insights": (
            "DeleteInsightRules",
            "DescribeInsightRules",
            "DisableInsightRules",
            "EnableInsightRules",
            "GetInsightRuleReport",
            "ListManagedInsightRules",
            "PutInsightRule",
            "PutManagedInsightRules",
        ),
        "alarm mute rules": (
            "DeleteAlarmMuteRule",
            "GetAlarmMuteRule",
            "ListAlarmMuteRules",
            "PutAlarmMuteRule",
        ),
        "alarms of many series": ("DescribeAlarmContributors",),
        "alarms on logs": ("PutLogAlarm",),
        "OpenTelemetry enrichment": (
            "GetOTelEnrichment",
            "StartOTelEnrichment",
            "StopOTelEnrichment",
            "UpdateOTelEnrichment",
        ),
        "stored queries": (
            "DeleteMetricDataQueryDefinition",
            "GetMetricDataQueryDefinition",
            "ListMetricDataQueryDefinitions",
            "PutMetricDataQueryDefinition",
        ),
        "metrics configurations of resources": (
            "CreateResourceMetricsConfiguration",
            "DeleteResourceMetricsConfiguration",
            "GetResourceMetricsConfiguration",
            "UpdateResourceMetricsConfiguration",
        ),
        "keys of data sets": ("AssociateDatasetKmsKey", "DisassociateDatasetKmsKey", "GetDataset"),
    }
)

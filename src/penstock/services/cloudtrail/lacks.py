"""What CloudTrail refuses by name."""

from collections.abc import Mapping

from penstock.services.service import lacking

_TRAILS = "trails: what is recorded is set with `penstock audit settings`"

LACKS: Mapping[str, str] = lacking(
    {
        _TRAILS: (
            "CreateTrail",
            "DeleteTrail",
            "DescribeTrails",
            "GetEventConfiguration",
            "GetEventSelectors",
            "GetTrail",
            "GetTrailStatus",
            "ListPublicKeys",
            "ListTrails",
            "PutEventConfiguration",
            "PutEventSelectors",
            "StartLogging",
            "StopLogging",
            "UpdateTrail",
        ),
        "tags, because it has no trails and no event data stores": ("AddTags", "ListTags", "RemoveTags"),
        "Insights": (
            "GetInsightSelectors",
            "ListInsightsData",
            "ListInsightsMetricData",
            "PutInsightSelectors",
        ),
        "CloudTrail Lake": (
            "CancelQuery",
            "CreateChannel",
            "CreateDashboard",
            "CreateEventDataStore",
            "DeleteChannel",
            "DeleteDashboard",
            "DeleteEventDataStore",
            "DeleteResourcePolicy",
            "DescribeQuery",
            "DisableFederation",
            "EnableFederation",
            "GenerateQuery",
            "GetChannel",
            "GetDashboard",
            "GetEventDataStore",
            "GetImport",
            "GetQueryResults",
            "GetResourcePolicy",
            "ListChannels",
            "ListDashboards",
            "ListEventDataStores",
            "ListImportFailures",
            "ListImports",
            "ListQueries",
            "PutResourcePolicy",
            "RestoreEventDataStore",
            "SearchSampleQueries",
            "StartDashboardRefresh",
            "StartEventDataStoreIngestion",
            "StartImport",
            "StartQuery",
            "StopEventDataStoreIngestion",
            "StopImport",
            "UpdateChannel",
            "UpdateDashboard",
            "UpdateEventDataStore",
        ),
        "organizations": ("DeregisterOrganizationDelegatedAdmin", "RegisterOrganizationDelegatedAdmin"),
    }
)

"""Queries of metric data: metrics, expressions over them, searches, as GetMetricData and alarms have them."""

"""Logs Insights: queries over log events, compiled to stages that events go through.

It knows no store: events are fed to a query, and rows come out of it.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from penstock.services.logs.insights.malformed import MalformedQuery
from penstock.services.logs.insights.query import Query, compile_query
from penstock.services.logs.insights.record import Record, all_fields
from penstock.services.logs.insights.values import shown

__all__ = ["MalformedQuery", "Query", "Record", "all_fields", "compile_query", "shown"]

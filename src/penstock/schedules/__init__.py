"""When something is due, and who does it then: AWS's schedule expressions, and the task that waits for them.

It promises: an expression is due when AWS says, in any time zone; what is due is done in small transactions, at its
time, over restarts once. May import: store, the ground.
"""

from penstock.schedules.expression import OneTime, Rate, Schedule, parse_expression, parse_rule_schedule
from penstock.schedules.ticker import Ticker
from penstock.schedules.zone import time_zone

__all__ = [
    "OneTime",
    "Rate",
    "Schedule",
    "Ticker",
    "parse_expression",
    "parse_rule_schedule",
    "time_zone",
]

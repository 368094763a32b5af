"""CloudWatch: metrics, metric math, alarms, dashboards.

It promises: data that PutMetricData returned for are read back until their term is over; an alarm's state, its history
and the deliveries of its actions are one commit, at the times of the server's clock at which AWS would look.
May import: delivery, server, identities, access, store, wire, matching, the ground.
"""

from penstock.services.cloudwatch.service import CloudWatch

__all__ = ["CloudWatch"]

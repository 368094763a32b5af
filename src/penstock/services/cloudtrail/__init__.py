"""CloudTrail's event history: who did what to which resource, in the last ninety days.

It promises: LookupEvents returns what the audit trail has of the caller's account and region, management events alone.
It keeps nothing itself. May import: audit, server, store, the ground.
"""

from penstock.services.cloudtrail.service import CloudTrail

__all__ = ["CloudTrail"]

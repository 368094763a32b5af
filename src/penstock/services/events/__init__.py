"""EventBridge: buses, rules, targets.

It promises: what PutEvents returned for, and what S3 says of a bucket that has EventBridge enabled, is in each target's
hands or has a row that says when it is tried again; buses, rules and the policies that let callers in are AWS's.
May import: delivery, server, identities, access, store, wire, matching, the ground.
"""

from penstock.services.events.service import Events

__all__ = ["Events"]

"""EventBridge's schema registry: schemas and their versions, and what is found out from the events of a bus.

It promises: a version keeps its content for ever; events are looked at behind the commit that put them, and a
change that breaks what readers could rely on is named in the version that brings it.
May import: delivery, server, access, store, the ground.
"""

from penstock.services.schemas.service import Schemas

__all__ = ["Schemas"]

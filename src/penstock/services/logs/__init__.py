"""CloudWatch Logs: what functions print, in groups and streams.

It promises: an event that was accepted is durable and readable at once, in the order of its timestamps; a page
costs what it shows or a bounded search, not what the group holds; events past the retention period are never shown.
May import: delivery, server, access, store, wire, matching, the ground.
"""

from penstock.services.logs.service import Logs

__all__ = ["Logs"]

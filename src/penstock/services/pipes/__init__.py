"""EventBridge Pipes: from a source, through a filter and an enrichment, to one target.

It promises: what a pipe has taken leaves its source when the target has it, or the filter or the enrichment has left it
out; else it comes again, as the source lets it. The role's policies are asked at each step.
May import: matching, delivery, server, identities, access, store, the ground.
"""

from penstock.services.pipes.service import Pipes

__all__ = ["Pipes"]

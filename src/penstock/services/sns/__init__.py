"""SNS: topics, whose messages reach every subscription: within the publisher's commit as far as endpoints live here.

It promises: a message that was accepted is durable with its deliveries; a queue has it in the same commit, a function
is invoked, what is outside is tried by its policy to the last attempt, and what cannot be delivered is in the
subscription's dead-letter queue, or kept as a dead delivery that says why. Publishing to thousands holds nobody up.
May import: delivery, server, access, store, wire, matching, the ground.
"""

from penstock.services.sns.service import Sns

__all__ = ["Sns"]

"""SQS: queues whose messages are rows, so that a delivery into one is part of the commit that caused it.

It promises: a message that was accepted is durable and is received at least once until it is deleted, moved to
its dead-letter queue or too old; of a FIFO queue's group nothing comes while anything of it is in flight; a receive
costs the same with one or a million messages or groups waiting; a waiting receiver is woken by the commit or by the
clock, never by polling.
May import: delivery, server, access, store, wire, matching, the ground.
"""

from penstock.services.sqs.service import Sqs
from penstock.services.sqs.target import SqsTarget

__all__ = ["Sqs", "SqsTarget"]

"""AWS Lambda: functions, what invokes them, and the processes they run in.

It promises: a handler meets what it meets on AWS, run by AWS's own Runtime Interface Client; it may do what its role
may do; an asynchronous event is tried by AWS's ladder and ends delivered, in a dead-letter queue, or explained.
May import: delivery, server, access, store, the ground.
"""

from penstock.services.lambda_.service import Lambda

__all__ = ["Lambda"]

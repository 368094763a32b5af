"""A service as a contributor would add one: small, with an operation, state, a target, and work in the background.

It is CodeStar Connections, of which Penstock serves nothing: a connection is pending until an event is delivered to it,
and an error when none has come within an hour.
"""

from tests.toyservice.service import Toy

__all__ = ["Toy"]

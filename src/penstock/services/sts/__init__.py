"""Security Token Service: who am I, and credentials of a role for a while.

It promises: nobody gets credentials of a role that its trust policy does not name. It keeps nothing itself: roles and
sessions are with whoever keeps identities. May import: delivery, server, access, store, the ground.
"""

from penstock.services.sts.service import Sts

__all__ = ["Sts"]

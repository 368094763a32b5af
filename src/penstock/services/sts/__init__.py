"""Security Token Service: who am I, and credentials for a while: of a role, of oneself, of somebody one stands for.

It promises: nobody gets credentials of a role that its trust policy does not name, and no session may more than who it
is of. It keeps nothing itself: roles and
sessions are with whoever keeps identities. May import: delivery, server, access, store, the ground.
"""

from penstock.services.sts.service import Sts

__all__ = ["Sts"]

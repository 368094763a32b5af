"""Security Token Service: who am I, and credentials of a role for a while.

It promises: nobody gets credentials of a role that its trust policy does not name. It keeps nothing itself: roles and
sessions are the app's to provide (``Roles``). May import: delivery, server, access, store, the ground.
"""

from penstock.services.sts.service import Role, Roles, Sts

__all__ = ["Role", "Roles", "Sts"]

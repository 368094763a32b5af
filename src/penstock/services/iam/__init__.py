"""Identity and Access Management: users, groups, roles, policies, and everybody's access keys.

It promises: a policy put or attached takes effect with the answer; credentials are looked up in memory; a session ends
with whoever it is of. May import: delivery, server, access, store, the ground.
"""

from penstock.services.iam.service import Iam

__all__ = ["Iam"]

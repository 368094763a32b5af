"""Systems Manager's Parameter Store: parameters with their history, by name and by path.

It promises: a SecureString lies sealed in the store; a version keeps its value; a label is on one version at a time.
The rest of Systems Manager is not here. May import: server, access, store, wire, the ground.
"""

from penstock.services.ssm.service import Ssm

__all__ = ["Ssm"]

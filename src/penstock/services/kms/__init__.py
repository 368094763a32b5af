"""Key Management Service: keys that never leave it, and what is done with them.

It promises: key material lies sealed in the store under the server's own key, which can live apart from the data; a key
is used by whom its policy or a grant names, and by nobody else; what was encrypted once can be decrypted as long as its
key is there, also after rotations. May import: server, access, store, wire, the ground.
"""

from penstock.services.kms.service import Kms

__all__ = ["Kms"]

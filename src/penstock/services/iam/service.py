"""IAM as a service of this server."""

from typing import ClassVar

from penstock.access import Credential, Policy, Principal
from penstock.arn import Arn
from penstock.server import Operation, Parts, collect
from penstock.services.iam import attachments, policies, policy_versions, role_policies, roles, tags
from penstock.services.iam.credentials import RootCredential, open_session, session_credential
from penstock.services.iam.managed_policy import find_policy, managed_document
from penstock.services.iam.role import Role, find_role
from penstock.store import ReadTx, Room, Store, Tx


class Iam:
    """Roles, their policies, and everybody's access keys."""

    name: ClassVar[str] = "iam"
    model: ClassVar[str] = "iam"
    room: ClassVar[Room] = Room("iam", __package__ or "")
    operations: ClassVar[dict[str, Operation]] = collect(
        roles, role_policies, attachments, policies, policy_versions, tags
    )
    validation_code: ClassVar[str | None] = "ValidationError"

    def __init__(self, parts: Parts, roots: list[RootCredential]) -> None:
        self.store: Store = parts.store
        self._roots = {
            root.access_key_id: Credential(
                root.access_key_id, root.secret, None, None, Principal.root(root.account)
            )
            for root in roots
        }

    def resource_policy(self, tx: ReadTx, resource: str) -> Policy | None:
        """Returns None: a role's trust policy says who may assume it, which STS asks by itself."""
        return None

    def resource_account(self, tx: ReadTx, resource: str) -> str | None:
        """Returns None: IAM's ARNs name the account."""
        return None

    def credential(self, tx: ReadTx, access_key_id: str) -> Credential | None:
        """Returns the credential with this key, or None; who asks checks the token and ``expires_ms``."""
        return self._roots.get(access_key_id) or session_credential(tx, access_key_id)

    def role(self, tx: ReadTx, arn: str) -> Role | None:
        """Returns the role with this ARN, or None."""
        try:
            parsed = Arn.parse(arn)
        except ValueError:
            return None
        role = find_role(tx, parsed.account, parsed.resource.rpartition("/")[2])
        return role if role and role.arn == arn else None

    def policy_document(self, tx: ReadTx, arn: str, account: str) -> str | None:
        """Returns the default version of a managed policy that ``account`` may use, or None."""
        policy = find_policy(tx, arn)
        return managed_document(tx, arn) if policy and policy.account in ("aws", account) else None

    def open_session(
        self, tx: Tx, role_arn: str, *, name: str, policy: str | None, expires_ms: int
    ) -> Credential:
        """Returns new credentials of the role, which exists; ``policy`` narrows the session."""
        role = self.role(tx, role_arn)
        assert role is not None
        return open_session(tx, role, name=name, policy=policy, expires_ms=expires_ms)

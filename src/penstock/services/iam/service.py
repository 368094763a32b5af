"""IAM as a service of this server."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.access import Credential, Keys, Principal, RootCredential, decide, time_keys
from penstock.arn import Arn
from penstock.identities import NewSession
from penstock.server import Operations, Resource
from penstock.services.iam.api.authorize import entity_tag_keys, role_tag_keys
from penstock.services.iam.credentials import open_session, role_session, session_credential, user_credential
from penstock.services.iam.entities.managed_policy import find_policy, managed_document
from penstock.services.iam.entities.role import Role, find_role
from penstock.services.iam.lacks import LACKS
from penstock.services.iam.state import IamState
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Room, Tx


class Iam(Service):
    """Roles, users and groups, their policies, and everybody's access keys."""

    name: ClassVar[str] = "iam"
    model: ClassVar[str] = "iam"
    room: ClassVar[Room | None] = Room("iam", __package__ or "")
    operations = Operations(__name__, "api")
    lacks: ClassVar[Mapping[str, str]] = LACKS
    validation_code: ClassVar[str | None] = "ValidationError"

    state: IamState

    def __init__(self, parts: Parts) -> None:
        self.state = IamState(parts.store)
        self._roots = {root.access_key_id: _credential(root) for root in parts.roots}
        parts.identities.keeper = self

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the condition keys of the tags that the role, the user or the policy has."""
        return Resource(keys=entity_tag_keys(tx, arn))

    def credential(self, tx: ReadTx, access_key_id: str) -> Credential | None:
        """Returns the credential with this key, or None; who asks checks the token and ``expires_ms``."""
        root = self._roots.get(access_key_id)
        if root is not None:
            return root
        # By its beginning: a session's id is no user's, and nothing is looked up twice.
        find = user_credential if access_key_id.startswith("AKIA") else session_credential
        return find(tx, access_key_id)

    def role(self, tx: ReadTx, arn: str) -> Role | None:
        """Returns the role with this ARN, or None."""
        try:
            parsed = Arn.parse(arn)
        except ValueError:
            return None
        role = find_role(tx, parsed.account, parsed.resource.rpartition("/")[2])
        return role if role and role.arn == arn else None

    def role_principal(
        self, tx: ReadTx, role_arn: str, *, service: str, session: str, source: str = ""
    ) -> Principal | None:
        """Returns whom the role makes of ``service`` now, as its session; None when it may not assume the role."""
        role = self.role(tx, role_arn)
        if role is None:
            return None
        principal = Principal.of_service(service, role.account, source)
        context: Keys = {
            **role_tag_keys(role),
            **time_keys(tx.now_ms),
            "sts:RoleSessionName": session,
        }
        decision = decide(principal, "sts:AssumeRole", role_arn, context, role.trust, role.account)
        return role_session(tx, role, session) if decision.allowed else None

    def policy_document(self, tx: ReadTx, arn: str, account: str) -> str | None:
        """Returns the default version of a managed policy that ``account`` may use, or None."""
        policy = find_policy(tx, arn)
        return managed_document(tx, arn) if policy and policy.account in ("aws", account) else None

    def open_session(self, tx: Tx, role_arn: str, session: NewSession) -> Credential:
        """Returns new credentials of the role, which exists."""
        role = self.role(tx, role_arn)
        assert role is not None
        return open_session(tx, role, session)


def _credential(root: RootCredential) -> Credential:
    return Credential(root.access_key_id, root.secret, None, None, Principal.root(root.account))

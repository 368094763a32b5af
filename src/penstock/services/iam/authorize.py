"""Operations on a role are authorised on its ARN, which holds its path: only the store knows it."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from penstock.server import Call, Params, operation
from penstock.services.iam.role import find_role
from penstock.store import ReadTx

if TYPE_CHECKING:
    from penstock.services.iam.service import Iam

RoleHandler = Callable[..., Any]


def role_operation(name: str) -> Callable[[RoleHandler], RoleHandler]:
    """Returns a decorator that declares a handler of an existing role as AWS's ``name``, allowed by ``iam:name``."""

    def declare(handler: RoleHandler) -> RoleHandler:
        @wraps(handler)
        async def authorised(iam: "Iam", call: Call, params: Params) -> Params:
            arn = await iam.store.read(_arn, call.account, params["RoleName"])
            await call.authorize(f"iam:{name}", arn)
            result: Params = await handler(iam, call, params)
            return result

        return operation(name, action=None)(authorised)

    return declare


def _arn(tx: ReadTx, account: str, name: str) -> str:
    role = find_role(tx, account, name)
    # Who may not ask is not told that there is no such role.
    return role.arn if role else f"arn:aws:iam::{account}:role/{name}"

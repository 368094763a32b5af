"""GetRandomPassword.

Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
"""

import string

from penstock.clock import Ids
from penstock.server import Call, Params, operation
from penstock.services.secretsmanager.errors import invalid_parameter
from penstock.services.secretsmanager.state import SecretsState

_LENGTH = 32
_KINDS = (
    ("ExcludeLowercase", string.ascii_lowercase),
    ("ExcludeUppercase", string.ascii_uppercase),
    ("ExcludeNumbers", string.digits),
    ("ExcludePunctuation", string.punctuation),
)


@operation("GetRandomPassword", action="secretsmanager:GetRandomPassword")
async def get_random_password(state: SecretsState, call: Call, params: Params) -> Params:
    """Returns characters of the kinds that are not excluded, each kind at least once unless told otherwise."""
    length = params.get("PasswordLength") or _LENGTH
    kinds = _kinds(params)
    if not kinds:
        raise invalid_parameter("The password can't be generated because all characters are excluded.")
    required = kinds if params.get("RequireEachIncludedType", True) else []
    if len(required) > length:
        raise invalid_parameter("Password length is too short based on the required types.")
    return {"RandomPassword": _password(state.ids, length, kinds, required)}


def _kinds(params: Params) -> list[str]:
    excluded = params.get("ExcludeCharacters") or ""
    included = [characters for flag, characters in _KINDS if not params.get(flag)]
    if params.get("IncludeSpace"):
        included.append(" ")
    kept = ("".join(c for c in characters if c not in excluded) for characters in included)
    return [characters for characters in kept if characters]


def _password(ids: Ids, length: int, kinds: list[str], required: list[str]) -> str:
    alphabet = "".join(kinds)
    drawn = [kind[ids.below(len(kind))] for kind in required]
    drawn += [alphabet[ids.below(len(alphabet))] for _ in range(length - len(drawn))]
    # Shuffled, so that nobody knows where which kind is.
    for last in range(length - 1, 0, -1):
        other = ids.below(last + 1)
        drawn[last], drawn[other] = drawn[other], drawn[last]
    return "".join(drawn)

"""ListSecrets.

Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
"""

from penstock.server import Call, Params, operation
from penstock.services.secretsmanager.arns import Place
from penstock.services.secretsmanager.limits import PAGE
from penstock.services.secretsmanager.secrets.filters import Wanted, wanted_by
from penstock.services.secretsmanager.secrets.rotation import find_rotation
from penstock.services.secretsmanager.secrets.secret import Secret
from penstock.services.secretsmanager.secrets.shown import described
from penstock.services.secretsmanager.secrets.version import all_versions
from penstock.services.secretsmanager.secrets.walk import ORDERS, Order, page_of
from penstock.services.secretsmanager.state import SecretsState
from penstock.store import ReadTx


@operation("ListSecrets", action="secretsmanager:ListSecrets")
async def list_secrets(state: SecretsState, call: Call, params: Params) -> Params:
    """Returns the account's secrets that pass the filters, the youngest first unless told otherwise."""
    order = ORDERS[params.get("SortBy") or "created-date", params.get("SortOrder") or "desc"]
    passes = wanted_by(params.get("Filters") or [])
    deleted_too = bool(params.get("IncludePlannedDeletion"))

    def wanted(secret: Secret) -> bool:
        return (deleted_too or secret.delete_ms is None) and passes(secret)

    page = (params.get("NextToken"), params.get("MaxResults") or PAGE)
    return await state.store.read(_list, (call.account, call.region), order, page, wanted)


def _list(tx: ReadTx, place: Place, order: Order, page: tuple[str | None, int], wanted: Wanted) -> Params:
    token, limit = page
    found = page_of(tx, place, order, token, limit, wanted)
    answer: Params = {"SecretList": [_entry(tx, secret) for secret in found.secrets]}
    return {**answer, "NextToken": found.token} if found.token else answer


def _entry(tx: ReadTx, secret: Secret) -> Params:
    stages = {version.name: list(version.stages) for version in all_versions(tx, secret) if version.stages}
    rotation = find_rotation(tx, secret.id)
    shown = described(secret) | (rotation.shown() if rotation else {})
    if secret.deleted_ms is not None:
        shown["DeletedDate"] = secret.deleted_ms
    return {**shown, "SecretVersionsToStages": stages} if stages else shown

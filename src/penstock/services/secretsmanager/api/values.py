"""GetSecretValue, BatchGetSecretValue, PutSecretValue, ListSecretVersionIds, UpdateSecretVersionStage."""

from penstock.errors import AwsError
from penstock.server import Call, Params, operation, page_token, read_page_token
from penstock.services.secretsmanager.arns import Place, SecretId, secret_id
from penstock.services.secretsmanager.errors import invalid_parameter, invalid_token, not_implemented
from penstock.services.secretsmanager.limits import BATCH_PAGE, PAGE
from penstock.services.secretsmanager.secrets.authorize import admit, secret_operation
from penstock.services.secretsmanager.secrets.cipher import Cipher, Value
from penstock.services.secretsmanager.secrets.filters import Wanted, wanted_by
from penstock.services.secretsmanager.secrets.secret import Secret, get_secret, live
from penstock.services.secretsmanager.secrets.version import (
    CURRENT,
    Version,
    add_version,
    all_versions,
    given_value,
    holder,
    move_stage,
    opened,
    wanted_version,
)
from penstock.services.secretsmanager.secrets.walk import ORDERS, page_of
from penstock.services.secretsmanager.state import SecretsState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.secretsmanager.secrets")

_DAY_MS = 86_400_000


@secret_operation("GetSecretValue")
async def get_secret_value(state: SecretsState, call: Call, wanted: SecretId, params: Params) -> Params:
    """Returns the value of the version that ``VersionId`` or ``VersionStage`` says, else of the current one."""
    return await _value(state, call, wanted, params.get("VersionId"), params.get("VersionStage"))


@operation("BatchGetSecretValue", action="secretsmanager:BatchGetSecretValue")
async def batch_get_secret_value(state: SecretsState, call: Call, params: Params) -> Params:
    """Returns the current values of the secrets that are listed, or that pass the filters; errors by secret."""
    named, filters = params.get("SecretIdList"), params.get("Filters")
    if bool(named) == bool(filters):
        raise invalid_parameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
    if named and params.get("MaxResults"):
        raise invalid_parameter(
            "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."
        )
    answer: Params = {"SecretValues": [], "Errors": []}
    if filters:
        token, limit = params.get("NextToken"), params.get("MaxResults") or BATCH_PAGE
        place = (call.account, call.region)
        named, more = await state.store.read(_page, place, token, limit, wanted_by(filters))
        if more:
            answer["NextToken"] = more
    for name in named or []:
        try:
            answer["SecretValues"].append(await _one_of_many(state, call, name))
        except AwsError as error:
            told = {"SecretId": name, "ErrorCode": error.code, "Message": error.message}
            answer["Errors"].append(told)
    return answer


@secret_operation("PutSecretValue")
async def put_secret_value(state: SecretsState, call: Call, wanted: SecretId, params: Params) -> Params:
    """Returns the version that holds the value, with its stages; the current one unless told otherwise."""
    if params.get("RotationToken"):
        raise not_implemented("Rotation from other accounts is")
    value = given_value(params)
    if value is None:
        raise invalid_parameter("You must provide either SecretString or SecretBinary.")
    token = params.get("ClientRequestToken") or state.ids.uuid()
    return await state.store.write(
        _put, Cipher.of(state, call), wanted, token, value, params.get("VersionStages") or [CURRENT]
    )


@secret_operation("ListSecretVersionIds")
async def list_secret_version_ids(
    state: SecretsState, call: Call, wanted: SecretId, params: Params
) -> Params:
    """Returns the versions, the youngest first; those without a stage only when asked for."""
    token, limit = params.get("NextToken"), params.get("MaxResults") or PAGE
    secret, versions = await state.store.read(_versions, wanted)
    if not params.get("IncludeDeprecated"):
        versions = [version for version in versions if version.stages]
    if token:
        versions = _behind(versions, token)
    answer: Params = {**secret.named, "Versions": [_entry(version) for version in versions[:limit]]}
    if len(versions) > limit:
        answer["NextToken"] = page_token(str(versions[limit - 1].id))
    return answer


@secret_operation("UpdateSecretVersionStage")
async def update_secret_version_stage(
    state: SecretsState, call: Call, wanted: SecretId, params: Params
) -> Params:
    """Returns the secret, one stage of which is on another version from now on, or on none."""
    change = (params["VersionStage"], params.get("RemoveFromVersionId"), params.get("MoveToVersionId"))
    return await state.store.write(_move, wanted, *change)


async def _one_of_many(state: SecretsState, call: Call, name: str) -> Params:
    wanted = secret_id(call, name)
    await admit(state, call, "GetSecretValue", wanted, {})
    return await _value(state, call, wanted, None, None)


async def _value(
    state: SecretsState, call: Call, wanted: SecretId, name: str | None, stage: str | None
) -> Params:
    answer, is_first_today = await state.store.read(_get, Cipher.of(state, call), wanted, name, stage)
    if is_first_today:
        await state.store.write(_note_access, wanted, answer["VersionId"])
    return answer


def _get(
    tx: ReadTx, cipher: Cipher, wanted: SecretId, name: str | None, stage: str | None
) -> tuple[Params, bool]:
    secret = live(tx, wanted)
    version = wanted_version(tx, secret, name, stage)
    value: Value = opened(tx, cipher, secret, version)
    today_ms = tx.now_ms - tx.now_ms % _DAY_MS
    answer: Params = {
        **secret.named,
        **value,
        "VersionId": version.name,
        "VersionStages": list(version.stages),
        "CreatedDate": version.created_ms,
    }
    return answer, min(secret.accessed_ms, version.accessed_ms) < today_ms


def _note_access(tx: Tx, wanted: SecretId, name: str) -> None:
    """Writes down the day, once a day."""
    secret = get_secret(tx, wanted)
    today_ms = tx.now_ms - tx.now_ms % _DAY_MS
    tx.run(Q.put_secret_accessed, today_ms, secret.id)
    tx.run(Q.put_accessed, today_ms, wanted_version(tx, secret, name, None).id)


def _page(
    tx: ReadTx, place: Place, token: str | None, limit: int, wanted: Wanted
) -> tuple[list[str], str | None]:
    page = page_of(
        tx,
        place,
        ORDERS["created-date", "desc"],
        token,
        limit,
        lambda secret: secret.delete_ms is None and wanted(secret),
    )
    return [secret.arn for secret in page.secrets], page.token


def _put(tx: Tx, cipher: Cipher, wanted: SecretId, token: str, value: Value, stages: list[str]) -> Params:
    secret = live(tx, wanted)
    held = add_version(tx, cipher, secret, token, value, dict.fromkeys(stages))
    return {**secret.named, "VersionId": token, "VersionStages": list(held)}


def _versions(tx: ReadTx, wanted: SecretId) -> tuple[Secret, list[Version]]:
    secret = get_secret(tx, wanted)
    return secret, all_versions(tx, secret)[::-1]


def _behind(versions: list[Version], token: str) -> list[Version]:
    last = read_page_token(token)
    if last is None or not last.isdecimal():
        raise invalid_token()
    return [version for version in versions if version.id < int(last)]


def _entry(version: Version) -> Params:
    shown: Params = {
        "VersionId": version.name,
        "VersionStages": list(version.stages),
        "CreatedDate": version.created_ms,
    }
    return {**shown, "LastAccessedDate": version.accessed_ms} if version.accessed_ms else shown


def _move(tx: Tx, wanted: SecretId, stage: str, source: str | None, to: str | None) -> Params:
    secret = live(tx, wanted)
    for name in filter(None, (source, to)):
        wanted_version(tx, secret, name, None)
    former = holder(all_versions(tx, secret), stage)
    if source is not None and (former is None or former.name != source):
        raise invalid_parameter(
            f"The parameter RemoveFromVersionId can't be {source}. "
            f"Staging label {stage} isn't attached to that version."
        )
    if source is None and former is not None and former.name != to:
        raise invalid_parameter(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to "
            f"version {former.name}, so you must explicitly reference that version in RemoveFromVersionId."
        )
    if to is None and stage == CURRENT:
        raise invalid_parameter(
            "You can only move staging label AWSCURRENT to a different secret version. "
            "It can't be completely removed."
        )
    move_stage(tx, secret, stage, to)
    return {**secret.named}

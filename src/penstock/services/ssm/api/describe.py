"""DescribeParameters, GetParameterHistory."""

from typing import Any

from penstock.server import Call, Params, operation, page_token, read_page_token
from penstock.services.ssm.api.put import named_parameter
from penstock.services.ssm.errors import invalid_token, validation
from penstock.services.ssm.limits import DESCRIBED
from penstock.services.ssm.parameters.cipher import Cipher
from penstock.services.ssm.parameters.filters import Test, test_of
from penstock.services.ssm.parameters.names import Key, asked
from penstock.services.ssm.parameters.parameter import (
    Parameter,
    Q,
    Version,
    get_parameter,
    version_of,
)
from penstock.services.ssm.parameters.walk import page_of
from penstock.services.ssm.state import SsmState
from penstock.store import ReadTx

_FILTERS = ("Name", "Type", "KeyId", "Path", "Label", "Tier", "DataType", "tag:")


@operation("DescribeParameters", action="ssm:DescribeParameters")
async def describe_parameters(ssm: SsmState, call: Call, params: Params) -> Params:
    """Returns what the account's parameters are that pass the filters, without their values, by name."""
    if params.get("Filters") and params.get("ParameterFilters"):
        raise validation(
            "You can use either Filters or ParameterFilters in a single request, but not both in the same request."
        )
    if params.get("Shared"):
        return {"Parameters": []}
    # The older filters know no options: a name is what it begins with.
    older: list[dict[str, Any]] = [{**one, "Option": "BeginsWith"} for one in params.get("Filters") or []]
    test = test_of(params.get("ParameterFilters") or older, _FILTERS)
    page = (params.get("NextToken"), params.get("MaxResults") or DESCRIBED)
    return await ssm.store.read(_describe, (call.account, call.region), test, page)


@operation("GetParameterHistory", action="ssm:GetParameterHistory", resource=named_parameter)
async def get_parameter_history(ssm: SsmState, call: Call, params: Params) -> Params:
    """Returns the parameter's versions, the oldest first."""
    token, limit = params.get("NextToken"), params.get("MaxResults") or DESCRIBED
    after = read_page_token(token) if token else "0"
    if after is None or not after.isdecimal():
        raise invalid_token()
    decrypted = bool(params.get("WithDecryption"))
    cipher, key = Cipher.of(ssm, call), asked(call, params["Name"]).key
    return await ssm.store.read(_history, cipher, key, int(after), limit, decrypted)


def _describe(tx: ReadTx, place: tuple[str, str], test: Test, page: tuple[str | None, int]) -> Params:
    found = page_of(tx, place, "", page, lambda parameter: test(tx, parameter))
    shown = [_described(parameter) for parameter in found.parameters]
    return {"Parameters": shown, **({"NextToken": found.token} if found.token else {})}


def _described(parameter: Parameter) -> Params:
    return {
        **parameter.settings,
        "Name": parameter.name,
        "ARN": parameter.arn,
        "Version": parameter.version,
        "LastModifiedDate": parameter.modified_ms,
        "LastModifiedUser": parameter.modified_by,
        "Policies": [],
    }


def _history(tx: ReadTx, cipher: Cipher, key: Key, after: int, limit: int, decrypted: bool) -> Params:
    parameter = get_parameter(tx, key)
    rows = tx.all(Q.find_versions, parameter.id, after, limit + 1)
    versions = [version_of(tx, parameter, row) for row in rows[:limit]]
    answer: Params = {
        "Parameters": [_entry(tx, cipher, parameter, version, decrypted) for version in versions]
    }
    if len(rows) > limit:
        answer["NextToken"] = page_token(str(versions[-1].number))
    return answer


def _entry(tx: ReadTx, cipher: Cipher, parameter: Parameter, version: Version, decrypted: bool) -> Params:
    return {
        **version.settings,
        "Name": parameter.name,
        "Value": cipher.shown(tx, parameter, version, decrypted=decrypted),
        "Version": version.number,
        "Labels": list(version.labels),
        "LastModifiedDate": version.modified_ms,
        "LastModifiedUser": version.modified_by,
        "Policies": [],
    }

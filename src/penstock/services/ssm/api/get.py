"""GetParameter, GetParameters, GetParametersByPath.

Sources: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html
"""

from penstock.access import Keys
from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.ssm.api.put import named_parameter
from penstock.services.ssm.errors import no_parameter, validation
from penstock.services.ssm.limits import BY_PATH
from penstock.services.ssm.parameters.cipher import Cipher
from penstock.services.ssm.parameters.filters import Test, is_below, test_of
from penstock.services.ssm.parameters.names import SECRET, Asked, asked, parameter_arn
from penstock.services.ssm.parameters.parameter import (
    Parameter,
    Version,
    asked_version,
    get_version,
)
from penstock.services.ssm.parameters.walk import page_of
from penstock.services.ssm.state import SsmState
from penstock.store import ReadTx

_FILTERS = ("Type", "KeyId", "Label")
_MISSING = {"ParameterNotFound", "ParameterVersionNotFound"}
_PATH_RULES = (
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "
    '"/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the '
    "following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if "
    'specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.'
)


@operation("GetParameter", action="ssm:GetParameter", resource=named_parameter)
async def get_parameter(ssm: SsmState, call: Call, params: Params) -> Params:
    """Returns the parameter in the version that its name says; AwsError ``ParameterNotFound``."""
    return {"Parameter": await _one(ssm, call, params["Name"], bool(params.get("WithDecryption")))}


@operation("GetParameters", action=None)
async def get_parameters(ssm: SsmState, call: Call, params: Params) -> Params:
    """Returns the parameters, and the names of those that there are not."""
    names = list(dict.fromkeys(params["Names"]))
    for name in names:
        await call.authorize("ssm:GetParameters", parameter_arn(asked(call, name).key))
    answer: Params = {"Parameters": [], "InvalidParameters": []}
    for name in names:
        try:
            answer["Parameters"].append(await _one(ssm, call, name, bool(params.get("WithDecryption"))))
        except AwsError as error:
            if error.code not in _MISSING:
                raise
            answer["InvalidParameters"].append(name)
    return answer


def _path(ssm: SsmState, call: Call, params: Params) -> str:
    return parameter_arn((call.account, call.region, params["Path"]))


def _depth(ssm: SsmState, call: Call, params: Params) -> Keys:
    return {"ssm:Recursive": "true" if params.get("Recursive") else "false"}


@operation("GetParametersByPath", action="ssm:GetParametersByPath", resource=_path, context=_depth)
async def get_parameters_by_path(ssm: SsmState, call: Call, params: Params) -> Params:
    """Returns the parameters on the path, on its first level or on all."""
    if not params["Path"].startswith("/"):
        raise validation(_PATH_RULES)
    test = test_of(params.get("ParameterFilters") or [], _FILTERS)
    return await ssm.store.read(_by_path, Cipher.of(ssm, call), (call.account, call.region), test, params)


async def _one(ssm: SsmState, call: Call, name: str, decrypted: bool) -> Params:
    wanted = asked(call, name)
    if wanted.key[2].startswith(SECRET):
        return await _secret(ssm, call, wanted, decrypted)
    return await ssm.store.read(_found, Cipher.of(ssm, call), wanted, decrypted)


async def _secret(ssm: SsmState, call: Call, wanted: Asked, decrypted: bool) -> Params:
    """Returns the secret that the name refers to, read as the caller."""
    if not decrypted:
        raise validation("WithDecryption flag must be True for retrieving a Secret Manager secret.")
    which: Params = {"SecretId": wanted.key[2].removeprefix(SECRET)}
    if wanted.selector:
        which["VersionId" if len(wanted.selector) >= 32 else "VersionStage"] = wanted.selector
    try:
        secret = await ssm.call(
            "secretsmanager",
            "GetSecretValue",
            which,
            principal=call.principal,
            account=call.account,
            region=call.region,
        )
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            raise no_parameter(wanted.key[2]) from None
        raise
    return {
        "Name": wanted.key[2],
        "Type": "SecureString",
        "Value": secret.get("SecretString", ""),
        "Version": 0,
        "LastModifiedDate": secret["CreatedDate"],
        "ARN": secret["ARN"],
        **({"Selector": f":{wanted.selector}"} if wanted.selector else {}),
    }


def _found(tx: ReadTx, cipher: Cipher, wanted: Asked, decrypted: bool) -> Params:
    parameter, version = asked_version(tx, wanted)
    shown = _shown(tx, cipher, parameter, version, decrypted)
    return {**shown, "Selector": f":{wanted.selector}"} if wanted.selector else shown


def _by_path(tx: ReadTx, cipher: Cipher, place: tuple[str, str], test: Test, params: Params) -> Params:
    path, recursive = params["Path"], bool(params.get("Recursive"))
    folder = path if path.endswith("/") else path + "/"

    def wanted(parameter: Parameter) -> bool:
        return is_below(parameter.name, path, recursive=recursive) and test(tx, parameter)

    page = (params.get("NextToken"), params.get("MaxResults") or BY_PATH)
    found = page_of(tx, place, folder, page, wanted)
    decrypted = bool(params.get("WithDecryption"))
    shown = [
        _shown(tx, cipher, parameter, get_version(tx, parameter, parameter.version), decrypted)
        for parameter in found.parameters
    ]
    return {"Parameters": shown, **({"NextToken": found.token} if found.token else {})}


def _shown(tx: ReadTx, cipher: Cipher, parameter: Parameter, version: Version, decrypted: bool) -> Params:
    return {
        "Name": parameter.name,
        "Type": version.settings["Type"],
        "Value": cipher.shown(tx, parameter, version, decrypted=decrypted),
        "Version": version.number,
        "LastModifiedDate": version.modified_ms,
        "ARN": parameter.arn,
        "DataType": version.settings["DataType"],
    }

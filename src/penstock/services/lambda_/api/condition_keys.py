"""The condition keys of what Lambda's operations are asked to do.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

from penstock.access import Keys
from penstock.server import Call, Params, tag_keys
from penstock.services.lambda_.names import resolve


def configuration_keys(service: object, call: Call, params: Params) -> Keys:
    """Returns what a function's configuration names: layers and network, which are refused afterwards."""
    network = params.get("VpcConfig") or {}
    keys: Keys = {}
    for key, values in (
        ("lambda:Layer", params.get("Layers")),
        ("lambda:SubnetIds", network.get("SubnetIds")),
        ("lambda:SecurityGroupIds", network.get("SecurityGroupIds")),
    ):
        if values:
            keys[key] = values
    return keys


def new_function_keys(service: object, call: Call, params: Params) -> Keys:
    """Returns those of a new function's configuration, its code signing and its tags."""
    keys = configuration_keys(service, call, params) | tag_keys(params.get("Tags") or {})
    if signing := params.get("CodeSigningConfigArn"):
        keys["lambda:CodeSigningConfigArn"] = signing
    return keys


def function_keys(service: object, call: Call, params: Params) -> Keys:
    """Returns the function that something else is about: its URL, what feeds it."""
    name = resolve(params["FunctionName"], None, account=call.account, region=call.region)
    return {"lambda:FunctionArn": name.qualified_arn}


def mapping_keys(service: object, call: Call, params: Params) -> Keys:
    """Returns the function that is to be fed, and the tags of a new mapping."""
    return function_keys(service, call, params) | tag_keys(params.get("Tags") or {})


def permission_keys(service: object, call: Call, params: Params) -> Keys:
    """Returns whom a new permission is for."""
    keys: Keys = {"lambda:Principal": params["Principal"]}
    if kind := params.get("FunctionUrlAuthType"):
        keys["lambda:FunctionUrlAuthType"] = kind
    return keys


def changed_tag_keys(service: object, call: Call, params: Params) -> Keys:
    """Returns the tags that a call brings or takes away."""
    return tag_keys(params.get("Tags") or {}, params.get("TagKeys") or ())

"""AWS's protocols, each a ``Codec``, and which of them a service speaks."""

from functools import cache

from penstock.errors import StartError
from penstock.wire.codec import Codec
from penstock.wire.models.model import ServiceModel
from penstock.wire.quirks.registry import quirks_of

_NO_MODEL = ServiceModel("", {"apiVersion": "", "protocol": ""}, lambda: {"operations": {}, "shapes": {}})


@cache
def codec(model: ServiceModel, protocol: str) -> Codec:
    """Returns the codec of ``model`` for rest-xml, rest-json, json, query, query+json or smithy-rpc-v2-cbor."""
    return _maker(model, protocol)(model)


def bare_codec(protocol: str) -> Codec:
    """Returns the codec of no service, which knows no operation: for errors outside of all of them."""
    return codec(_NO_MODEL, protocol)


def protocols_of(model: ServiceModel) -> tuple[str, ...]:
    """Returns what a service speaks: its model's protocols, its own first, and those of older clients."""
    return model.protocols + quirks_of(model.name).older_protocols


def _maker(model: ServiceModel, protocol: str) -> type[Codec]:
    # Imported here so that a server that speaks S3 only does not load CBOR, and the other way round.
    match protocol:
        case "rest-xml":
            from penstock.wire.protocols.rest_xml import RestXml

            return RestXml
        case "rest-json":
            from penstock.wire.protocols.rest_json import RestJson

            return RestJson
        case "json":
            from penstock.wire.protocols.json_protocol import Json

            return Json
        case "query":
            from penstock.wire.protocols.query import Query
            from penstock.wire.protocols.sqs_query import SqsQuery

            return SqsQuery if "query" in quirks_of(model.name).older_protocols else Query
        case "query+json":
            from penstock.wire.protocols.sqs_query_json import SqsQueryJson

            return SqsQueryJson
        case "smithy-rpc-v2-cbor":
            from penstock.wire.protocols.cbor_protocol import RpcV2Cbor

            return RpcV2Cbor
    raise StartError(f"The protocol {protocol!r} of {model.name} is not one that Penstock speaks.")

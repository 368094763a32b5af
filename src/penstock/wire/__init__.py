"""AWS's wire protocols: bytes to parameters and results to bytes, driven by AWS's own service models.

It promises: whatever bytes come in, either parameters under AWS's names come out or an AwsError does;
what a handler returns goes out as AWS's clients expect it. Models are read when a service is first used; each
operation is compiled once, then served from tables. No I/O but reading the models.
May import: the ground.
"""

from penstock.wire.codec import Codec, complete
from penstock.wire.eventstream import Events
from penstock.wire.form import form
from penstock.wire.malformed import UnreadableDocument
from penstock.wire.message import Route, WireRequest, WireResponse
from penstock.wire.models.model import NOTHING, OperationModel, ServiceModel, load_model
from penstock.wire.models.shape import Member, Shape
from penstock.wire.models.validate import validation_errors
from penstock.wire.protocols import bare_codec, codec, protocols_of
from penstock.wire.quirks.registry import quirks_of
from penstock.wire.values.json_values import plain_reader

__all__ = [
    "NOTHING",
    "Codec",
    "Events",
    "Member",
    "OperationModel",
    "Route",
    "ServiceModel",
    "Shape",
    "UnreadableDocument",
    "WireRequest",
    "WireResponse",
    "bare_codec",
    "codec",
    "complete",
    "form",
    "load_model",
    "plain_reader",
    "protocols_of",
    "quirks_of",
    "validation_errors",
]

"""AWS's wire protocols: bytes to parameters and results to bytes, driven by AWS's own service models.

It promises: whatever bytes come in, either parameters under AWS's names come out or an AwsError does;
what a handler returns goes out as AWS's clients expect it. Models are read when a service is first used; each
operation is compiled once, then served from tables. No I/O but reading the models.
May import: the ground.
"""

from penstock.wire.codec import Codec, codec, complete, protocols_of
from penstock.wire.form import form
from penstock.wire.message import Route, WireRequest, WireResponse
from penstock.wire.model import OperationModel, ServiceModel, load_model
from penstock.wire.quirks import quirks_of
from penstock.wire.shape import Member, Shape
from penstock.wire.validate import validation_errors

__all__ = [
    "Codec",
    "Member",
    "OperationModel",
    "Route",
    "ServiceModel",
    "Shape",
    "WireRequest",
    "WireResponse",
    "codec",
    "complete",
    "form",
    "load_model",
    "protocols_of",
    "quirks_of",
    "validation_errors",
]

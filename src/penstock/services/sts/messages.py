"""Encoded authorization messages.

EC2 and its like encode why they refuse; no service of this server does, so no message is one of its own.
Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from penstock.server import Call, Params, operation
from penstock.services.sts import errors
from penstock.services.sts.state import StsState


@operation("DecodeAuthorizationMessage", action="sts:DecodeAuthorizationMessage")
async def decode_authorization_message(sts: StsState, call: Call, params: Params) -> Params:
    """Raises ``InvalidAuthorizationMessageException``: there is no message that this server has encoded."""
    raise errors.invalid_message()

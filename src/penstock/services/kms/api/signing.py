"""Sign, Verify, GenerateMac, VerifyMac.

Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
"""

import asyncio

from penstock.server import Call, Params
from penstock.services.kms.errors import NotMade, dry_run, invalid_mac, invalid_signature, validation
from penstock.services.kms.keys import secrets
from penstock.services.kms.keys.authorize import key_operation
from penstock.services.kms.keys.key import Key
from penstock.services.kms.keys.material import current
from penstock.services.kms.keys.specs import MAC, SIGN
from penstock.services.kms.state import KmsState


@key_operation("Sign")
async def sign(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the signature of a message, or of its digest."""
    is_digest = _check(key, params, "Sign")
    material = await state.store.read(current, key)
    algorithm, message = params["SigningAlgorithm"], params["Message"]
    signature = await asyncio.to_thread(
        secrets.sign, material.secret, algorithm, message, is_digest=is_digest
    )
    return {"KeyId": key.arn, "Signature": signature, "SigningAlgorithm": algorithm}


@key_operation("Verify")
async def verify(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns when the signature is the key's; AwsError ``KMSInvalidSignatureException``."""
    is_digest = _check(key, params, "Verify")
    material = await state.store.read(current, key)
    algorithm, message = params["SigningAlgorithm"], params["Message"]
    what = (material.secret, algorithm, message, params["Signature"])
    try:
        await asyncio.to_thread(secrets.verify, *what, is_digest=is_digest)
    except NotMade:
        raise invalid_signature() from None
    return {"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": algorithm}


@key_operation("GenerateMac")
async def generate_mac(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the HMAC of a message."""
    made = await _mac(state, key, params, "GenerateMac")
    return {"Mac": made, "MacAlgorithm": params["MacAlgorithm"], "KeyId": key.arn}


@key_operation("VerifyMac")
async def verify_mac(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns when the HMAC is the key's; AwsError ``KMSInvalidMacException``."""
    made = await _mac(state, key, params, "VerifyMac")
    if not secrets.same(made, params["Mac"]):
        raise invalid_mac()
    return {"KeyId": key.arn, "MacValid": True, "MacAlgorithm": params["MacAlgorithm"]}


def _check(key: Key, params: Params, operation: str) -> bool:
    """Returns whether the message is a digest; AwsError when it cannot be signed."""
    algorithm, kind = params["SigningAlgorithm"], params.get("MessageType") or "RAW"
    key.check_usable(SIGN, operation)
    key.check_algorithm(algorithm, key.kind.signing)
    if kind == "EXTERNAL_MU" or (kind == "DIGEST" and algorithm.startswith("ED25519")):
        raise validation(f"MessageType {kind} is not valid for algorithm {algorithm}.")
    if kind == "DIGEST" and len(params["Message"]) != secrets.digest_bytes(algorithm):
        raise validation(f"Digest is invalid length for algorithm {algorithm}.")
    if params.get("DryRun"):
        raise dry_run()
    return bool(kind == "DIGEST")


async def _mac(state: KmsState, key: Key, params: Params, operation: str) -> bytes:
    key.check_usable(MAC, operation)
    key.check_algorithm(params["MacAlgorithm"], key.kind.macs)
    if params.get("DryRun"):
        raise dry_run()
    material = await state.store.read(current, key)
    return secrets.mac(material.secret, params["MacAlgorithm"], params["Message"])

"""An OpenID Connect provider of the tests' own: keys, and tokens that they sign."""

import base64
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
STRANGE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set() -> dict[str, Any]:
    """Returns the public keys as providers tell them."""
    rsa_key = jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True)
    ec_key = jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True)
    return {"keys": [{**rsa_key, "kid": "one", "use": "sig"}, {**ec_key, "kid": "two"}]}


def token(
    claims: dict[str, Any], *, key: Any = RSA_KEY, algorithm: str = "RS256", kid: str | None = "one"
) -> str:
    """Returns a signed token."""
    return jwt.encode(claims, key, algorithm, headers={"kid": kid} if kid else None)


def unsigned(claims: dict[str, Any], **header: Any) -> str:
    """Returns a token with that header, which nobody has signed."""
    parts = ({"typ": "JWT", **header}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        + "."
    )

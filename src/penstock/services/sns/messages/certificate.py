"""The certificate that messages are signed with: made with the first topic, the same for as long as the data live.

Its library is imported when it is needed: servers without topics need not wait for it.
"""

import asyncio
import base64
import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from penstock.services.sns.state import SnsState
from penstock.store import ReadTx, Tx, queries

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

Q = queries(__package__)

_KEY_BITS = 2048
_DAYS = 30 * 365
_OWNER = "the key that SNS signs with"


class Certificate(NamedTuple):
    """``name`` is the part of its URL that tells it from others; ``key`` is what it certifies."""

    name: str
    key: "RSAPrivateKey"

    def url(self, endpoint: str) -> str:
        """Returns where everybody finds it."""
        return f"{endpoint}/_penstock/sns/{file_name(self.name)}"

    def signature(self, text: str, version: str) -> str:
        """Returns the signature of ``text`` in base64, by the digest of the signature version: SHA1, or SHA256."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

        digest = hashes.SHA256() if version == "2" else hashes.SHA1()
        return base64.b64encode(self.key.sign(text.encode(), PKCS1v15(), digest)).decode()


class _Made(NamedTuple):
    name: str
    certificate: str
    private_key: str


def file_name(name: str) -> str:
    """Returns the last part of a certificate's URL."""
    return f"SimpleNotificationService-{name}.pem"


def find_certificate(tx: ReadTx) -> Certificate:
    """Returns what messages are signed with; there is one as soon as there is a topic."""
    found = tx.cached("sns.certificate", "", _load)
    assert found is not None
    return found


def certificate_file(tx: ReadTx, name: str) -> str | None:
    """Returns the certificate that has the file name, in PEM, or None."""
    wanted = name.removeprefix("SimpleNotificationService-").removesuffix(".pem")
    row = tx.one(Q.find_certificate_named, wanted)
    return str(row[0]) if row and name == file_name(wanted) else None


async def ensure_certificate(sns: SnsState) -> None:
    """Returns when there is a certificate."""
    if await sns.store.read(_find) is None:
        now = sns.clock.now()
        made = await asyncio.to_thread(_make, now, sns.ids.bytes(16))
        await sns.store.write(_add, made)


def _find(tx: ReadTx) -> Certificate | None:
    return tx.cached("sns.certificate", "", _load)


def _load(tx: ReadTx, key: str) -> Certificate | None:
    row = tx.one(Q.find_certificate)
    if row is None:
        return None
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    name, _, sealed = row
    private = load_pem_private_key(tx.sealer.unseal(sealed, _OWNER).encode(), None)
    assert isinstance(private, RSAPrivateKey)
    return Certificate(name, private)


def _add(tx: Tx, made: _Made) -> None:
    tx.run(Q.add_certificate, made.name, made.certificate, tx.sealer.seal(made.private_key, _OWNER))
    tx.forget("sns.certificate", "")


def _make(now: datetime, serial: bytes) -> _Made:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(65537, _KEY_BITS)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(serial) >> 1 or 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .sign(key, SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM).decode()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return _Made(hashlib.sha256(pem.encode()).hexdigest()[:32], pem, private)

"""A certificate authority of one data directory, for servers that nobody else vouches for."""

import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from penstock.clock import Clock, Ids
from penstock.errors import StartError
from penstock.store.files import replace_file
from penstock.store.folders import make_folder

_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 825  # Apple's clients take no longer one; it is made anew at each start
_LOCAL_NAMES = ("localhost", "*.localhost", "s3.localhost", "*.s3.localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """PEM files: ``certificate`` with its key, for the server alone, and ``bundle``, whom its clients are to trust.

    The bundle has the authorities that the machine trusts, too, because tools read it instead of them.
    """

    certificate: Path
    bundle: Path


@dataclass(frozen=True, slots=True)
class _Signer:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def local_files(folder: Path, host: str, clock: Clock, ids: Ids) -> LocalFiles:
    """Returns the files in ``folder``, durable: the authority's, made once, and a new certificate of this server.

    It is good for localhost and for ``host``, where the server listens. Dates are the machine's, as clients' are.
    StartError when the authority's file cannot be used. Blocking.
    """
    now = datetime.fromtimestamp(clock.machine_ms() / 1000, UTC)
    make_folder(folder)
    signer = _authority(folder / "authority.pem", now, ids)
    files = LocalFiles(folder / "server.pem", folder / "bundle.pem")
    key, certificate = _server_certificate(signer, [*_LOCAL_NAMES, *_names(host)], now, ids)
    replace_file(files.certificate, _pem(key) + certificate.public_bytes(Encoding.PEM))
    replace_file(files.bundle, signer.certificate.public_bytes(Encoding.PEM) + _trusted_by_the_machine())
    return files


def _authority(path: Path, now: datetime, ids: Ids) -> _Signer:
    if not path.exists():
        made = _new_authority(now, ids)
        replace_file(path, _pem(made.key) + made.certificate.public_bytes(Encoding.PEM))
    try:
        text = path.read_bytes()
        key = load_pem_private_key(text, None)
        certificate = x509.load_pem_x509_certificate(text)
    except (OSError, ValueError, TypeError) as error:
        raise _unusable(path, str(error)) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _unusable(path, "it has another kind of key")
    return _Signer(key, certificate)


def _new_authority(now: datetime, ids: Ids) -> _Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Penstock local authority {ids.hex(8)}")
    builder = (
        _certificate(name, key, now, _AUTHORITY_DAYS, ids)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
    )
    return _Signer(key, builder.sign(key, SHA256()))


def _server_certificate(
    signer: _Signer, names: list[str], now: datetime, ids: Ids
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
    builder = (
        _certificate(_name("Penstock"), key, now, _SERVER_DAYS, ids)
        .issuer_name(signer.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issued_by, critical=False)
        .add_extension(x509.SubjectAlternativeName(_general_names(names)), critical=False)
    )
    return key, builder.sign(signer.key, SHA256())


def _certificate(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: int, ids: Ids
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(ids.bytes(16)))
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days - 1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _names(host: str) -> list[str]:
    """Returns what clients may call a server that listens on ``host``, besides localhost."""
    if host in ("", "0.0.0.0", "::"):
        return [socket.gethostname()]
    return [host]


def _general_names(names: list[str]) -> list[x509.GeneralName]:
    return [_general_name(name) for name in dict.fromkeys(names)]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode("ascii") if not name.isascii() else name)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _trusted_by_the_machine() -> bytes:
    path = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    return Path(path).read_bytes() if os.path.exists(path) else b""


def _unusable(path: Path, why: str) -> StartError:
    return StartError(
        f"{path} holds no certificate authority ({why}); restore it, or remove it to make a new one"
    )

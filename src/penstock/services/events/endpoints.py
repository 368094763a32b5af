"""Which URLs the endpoints of connections and API destinations may be."""

from urllib.parse import urlsplit

from penstock.services.events.errors import validation

_HERE = ("localhost", "::1")


def check_endpoint(url: str, member: str) -> None:
    """Returns when the URL is one that EventBridge asks: HTTPS, or HTTP on this machine; AwsError."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.username is not None or parts.fragment:
        raise validation(f"Parameter {member} is not valid. Reason: it is not a valid URL.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(host)):
        raise validation(f"Parameter {member} is not valid. Reason: the URL must use HTTPS.")


def _is_here(host: str) -> bool:
    return host in _HERE or host.startswith("127.")

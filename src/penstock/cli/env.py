"""``penstock env``: what AWS's own tools, and those that imitate them, need to reach the server."""

import shlex
from collections.abc import Mapping

from penstock.cli.connection import Connection


def print_environment(flags: Mapping[str, object]) -> None:
    """Prints lines for a POSIX shell; StartError when no server answers or no credentials are known."""
    connection = _connected(flags)
    url, key = connection.endpoint.url, connection.credential
    values = {
        "AWS_ENDPOINT_URL": url,
        "S3_ENDPOINT_URL": url,  # s5cmd
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_DEFAULT_REGION": connection.region,  # boto3 and the aws CLI
        "AWS_REGION": connection.region,  # the other SDKs
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # Live Tail is not at a host stream-…
    }
    if bundle := connection.endpoint.ca_bundle:
        # The first is AWS's own tools', the second whatever else stands on OpenSSL or Go.
        values["AWS_CA_BUNDLE"] = values["SSL_CERT_FILE"] = str(bundle)
    for name, value in values.items():
        print(f"export {name}={shlex.quote(value)}")
    print("unset AWS_SESSION_TOKEN")  # another key's; with it every request would be refused


def print_profile(flags: Mapping[str, object], name: str) -> None:
    """Prints a section for ``~/.aws/config``; StartError as above."""
    connection = _connected(flags)
    print("[default]" if name == "default" else f"[profile {name}]")
    print(f"endpoint_url = {connection.endpoint.url}")
    if bundle := connection.endpoint.ca_bundle:
        print(f"ca_bundle = {bundle}")
    print(f"region = {connection.region}")
    print("disable_host_prefix_injection = true")
    print(f"aws_access_key_id = {connection.credential.access_key_id}")
    print(f"aws_secret_access_key = {connection.credential.secret}")


def _connected(flags: Mapping[str, object]) -> Connection:
    connection = Connection.find(flags)
    connection.check()
    return connection

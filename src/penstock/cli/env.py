"""``penstock env``: what a shell needs to reach the server with AWS's own tools."""

import shlex

from penstock.cli.connection import Connection
from penstock.config import Config


def print_environment(config: Config) -> None:
    """Prints ``export`` lines; StartError when no credentials are known."""
    connection = Connection.find(config)
    values = {
        "AWS_ENDPOINT_URL": connection.endpoint,
        "AWS_ACCESS_KEY_ID": connection.credential.access_key_id,
        "AWS_SECRET_ACCESS_KEY": connection.credential.secret,
        "AWS_DEFAULT_REGION": config.region,
    }
    if connection.ca_bundle:
        # The first is AWS's own tools', the second whatever else stands on OpenSSL or Go.
        values["AWS_CA_BUNDLE"] = values["SSL_CERT_FILE"] = str(connection.ca_bundle)
    for name, value in values.items():
        print(f"export {name}={shlex.quote(value)}")

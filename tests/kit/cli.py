"""The real command line, in the test's process, told where the test's server is."""

from urllib.parse import urlsplit

from typer.testing import CliRunner

from penstock.cli.main import cli
from penstock.testing import LocalServer


def run_cli(server: LocalServer, *words: str) -> tuple[str, str]:
    """Returns what the command printed to stdout and stderr; raises what it ended with."""
    where = urlsplit(server.endpoint)
    options = ("--host", str(where.hostname), "--port", str(where.port), "--accounts", server.accounts)
    result = CliRunner().invoke(cli, [*words, *options])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exit_code:
        raise AssertionError(f"status {result.exit_code}: {result.stdout}{result.stderr}")
    return result.stdout, result.stderr

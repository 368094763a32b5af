"""What infrastructure tools ask about features that are not there is answered truthfully."""

from tests.kit.functions import client

from penstock.testing import LocalServer


def test_an_account_has_no_code_signing(server: LocalServer) -> None:
    assert client(server, "lambda").list_code_signing_configs()["CodeSigningConfigs"] == []

"""Which endpoints a webhook may not be."""

from ipaddress import ip_address

import pytest

from penstock.config import Config
from penstock.outbound import ForbiddenEndpoint, Guard

LOCAL, OPEN = Guard(Config()), Guard(Config(host="0.0.0.0"))
ANYWHERE = Guard(Config(host="0.0.0.0", webhooks="anywhere"))


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "0.0.0.0",
        "0.1.2.3",
        "255.255.255.255",
        "224.0.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "febf::1",
        "::",
        "ff02::1",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "2002:a9fe:a9fe::1",
        "64:ff9b::a9fe:a9fe",
    ],
)
def test_link_local_addresses_are_forbidden_in_whatever_form(address: str) -> None:
    for guard in (LOCAL, OPEN):
        with pytest.raises(ForbiddenEndpoint):
            guard.check_address(ip_address(address))
    ANYWHERE.check_address(ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "10.0.0.1", "192.168.1.1", "2606:2800:220:1::1", "fd12::1"]
)
def test_other_machines_may_be_reached(address: str) -> None:
    for guard in (LOCAL, OPEN, ANYWHERE):
        guard.check_address(ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
def test_this_machine_is_reached_only_by_a_server_that_it_has_for_itself(address: str) -> None:
    LOCAL.check_address(ip_address(address))
    with pytest.raises(ForbiddenEndpoint):
        OPEN.check_address(ip_address(address))


@pytest.mark.parametrize(
    "path",
    [
        "/_penstock",
        "/_penstock/health",
        "//_penstock/",
        "/./_penstock/x",
        "/a/../_penstock/x",
        "/%5Fpenstock/x",
        "/%255fpenstock/x",
        "/_PENSTOCK/x",
        "/..\\_penstock/x",
    ],
)
def test_the_control_api_is_forbidden_on_any_host(path: str) -> None:
    for host in ("127.0.0.1:4566", "example.com", "user:pass@example.com"):
        with pytest.raises(ForbiddenEndpoint):
            LOCAL.check_url(f"http://{host}{path}")
        ANYWHERE.check_url(f"http://{host}{path}")


def test_other_paths_are_not() -> None:
    for path in ("", "/", "/hook/_penstock", "/_penstocks", "/x?to=/_penstock/"):
        LOCAL.check_url(f"http://example.com{path}")

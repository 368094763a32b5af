"""What is asked of the outside while the server stops ends in an answer to whoever asked, not in a defect."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from penstock.config import Config
from penstock.outbound import Outbound, OutboundRequest, Stopped, Unanswered

REFUSED = OutboundRequest("POST", "http://127.0.0.1:1/", [], b"", 5)


def run(scenario: Callable[[Outbound], Awaitable[None]]) -> None:
    async def main() -> None:
        await scenario(Outbound(Config.load({"webhooks": "anywhere"}), None))

    asyncio.run(main())


def test_what_comes_after_the_end_does_not_begin() -> None:
    async def scenario(outbound: Outbound) -> None:
        await outbound.close()
        with pytest.raises(Stopped):
            await outbound.unless_stopped(outbound.send(REFUSED))

    run(scenario)


def test_a_request_that_outlives_the_client_finds_that_nobody_is_asked_any_more() -> None:
    async def scenario(outbound: Outbound) -> None:
        with pytest.raises(Unanswered):
            await outbound.send(REFUSED)
        await outbound.close()
        with pytest.raises(Unanswered, match="the server is being stopped"):
            await outbound.send(REFUSED)

    run(scenario)

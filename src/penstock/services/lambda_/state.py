"""What Lambda's handlers and its target work with."""

from dataclasses import dataclass

from penstock.clock import Clock, Ids
from penstock.delivery import Delivery
from penstock.services.lambda_.functions.package import PackageStore
from penstock.services.lambda_.functions.version import is_code_in_use
from penstock.services.lambda_.runtime.executions import Executions
from penstock.services.lambda_.runtime.pool import Pool
from penstock.services.lambda_.runtime.provisions import Provisions
from penstock.services.lambda_.sources.sources import Sources
from penstock.services.lambda_.usage import Usage
from penstock.services.moving import Moving
from penstock.services.service import Parts
from penstock.store import Store


@dataclass(frozen=True, slots=True)
class LambdaState:
    """The store, the code, what runs, and what feeds it. ``usage`` is what is measured.

    ``parts`` are for what asks other services.
    """

    parts: Parts
    store: Store
    clock: Clock
    ids: Ids
    delivery: Delivery
    packages: PackageStore
    pool: Pool
    provisions: Provisions
    executions: Executions
    usage: Usage
    sources: Sources
    transitions: Moving

    async def discard_code(self, ref: str) -> None:
        """Removes a package that neither a function nor a version has."""
        if await self.store.read(is_code_in_use, ref):
            return
        await self.packages.discard(ref)
        self.pool.discard(ref)

"""The Lambda service: put together, started, brought to its end."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar
from urllib.parse import unquote

from penstock.delivery import Target
from penstock.errors import AwsError
from penstock.server import Operation, Operations, Page, Request, Resource, Trail
from penstock.services.background import Background
from penstock.services.lambda_.api import (
    download,
)
from penstock.services.lambda_.api.url_calls import answer_url
from penstock.services.lambda_.errors import request_too_large
from penstock.services.lambda_.functions.function import code_refs
from penstock.services.lambda_.functions.layer import find_layer_version, layer_named
from penstock.services.lambda_.functions.package import PackageStore
from penstock.services.lambda_.functions.qualified import find_qualified
from penstock.services.lambda_.lacks import LACKS
from penstock.services.lambda_.names import named
from penstock.services.lambda_.runtime.executions import Executions
from penstock.services.lambda_.runtime.extension import Extension
from penstock.services.lambda_.runtime.pool import Pool
from penstock.services.lambda_.runtime.provisions import Provisions
from penstock.services.lambda_.runtime.runtime_api import answer_worker
from penstock.services.lambda_.runtime.sandbox.isolation import HOW_TO, Isolation
from penstock.services.lambda_.sources.mapping import mapping_resource_keys
from penstock.services.lambda_.sources.queues import Queues
from penstock.services.lambda_.sources.sources import Sources
from penstock.services.lambda_.state import LambdaState
from penstock.services.lambda_.target import LambdaTarget
from penstock.services.lambda_.transitions import transitions
from penstock.services.lambda_.urls.url import HOST_LABEL, PAGE
from penstock.services.lambda_.usage import Usage
from penstock.services.service import Gauge, Parts, Ranked, Refs, Service
from penstock.services.source import SourceKind
from penstock.store import FileBodies, ReadTx, Room
from penstock.wire import WireResponse, complete

_GRACE_S = 5


class Lambda(Service):
    """AWS Lambda, for functions that come as a zip, in Python or with a runtime of their own."""

    name: ClassVar[str] = "lambda"
    model: ClassVar[str] = "lambda"
    room: ClassVar[Room | None] = Room("lambda", __package__)
    trail: ClassVar[Trail] = Trail(
        data=frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream"}),
        hidden=frozenset({"ClientContext", "InvokeArgs", "Payload"}),
    )
    ranked: ClassVar[Ranked | None] = Ranked(("function:", "event-source-mapping:"), "ListTags", "Resource")
    operations = Operations(__name__, "api")
    lacks: ClassVar[Mapping[str, str]] = LACKS
    validation_code: ClassVar[str | None] = "ValidationException"

    bodies: ClassVar[Mapping[str, Refs]] = {"functions/code": code_refs}

    state: LambdaState

    def __init__(self, parts: Parts) -> None:
        self._background = Background(parts.supervisor)
        fsync = not parts.config.memory and parts.config.durability == "full"
        packages = PackageStore(parts.config.data_dir() / "functions", parts.ids, fsync=fsync)
        pool = Pool(parts, packages, self._background)
        usage = Usage(parts.measurements, parts.clock)
        provisions = Provisions(parts, pool, self._background)
        executions = Executions(
            parts.store, parts.clock, pool, provisions, self._background, parts.trace_key, usage
        )
        sources = Sources(parts, executions, self._background, parts.sources)
        self.state = LambdaState(
            parts=parts,
            store=parts.store,
            clock=parts.clock,
            ids=parts.ids,
            delivery=parts.delivery,
            packages=packages,
            pool=pool,
            provisions=provisions,
            executions=executions,
            usage=usage,
            sources=sources,
            transitions=transitions(parts, sources),
        )
        self._target = LambdaTarget(self.state, parts.delivery)
        self._extension = Extension(parts, pool)

    async def start(self) -> None:
        """Removes what a former process left behind, and begins to take work."""
        refs = await self.state.store.read(code_refs)
        await asyncio.to_thread(self.state.packages.sweep, refs)
        await self.state.pool.start()
        await self.state.sources.start()
        self.state.parts.supervisor.keep("lambda: states", self.state.transitions.run)
        self.state.parts.supervisor.keep("lambda: provisioned workers", self.state.provisions.run)

    def body_stores(self) -> Mapping[str, FileBodies]:
        """Returns what keeps packages."""
        return {"functions/code": self.state.packages.bodies}

    def sites(self) -> Mapping[str, str]:
        """Returns that function URLs have hosts of their own."""
        return {HOST_LABEL: PAGE}

    def targets(self) -> Mapping[str, Target]:
        """Returns the way into the functions."""
        return {"lambda": self._target}

    def sources(self) -> Mapping[str, SourceKind]:
        """Returns queues: SQS hands out messages to whoever may ask, so Lambda reads them as the function's role."""
        return {"sqs": Queues(self.state.parts)}

    def pages(self) -> Mapping[str, Page]:
        """Returns the Runtime API and the extension, by tokens that only one worker has, packages by signed URLs, and
        function URLs.
        """
        return {
            "runtime": self._runtime,
            "extension": self._extension.answer,
            download.PAGE: partial(download.download, self.state),
            PAGE: partial(answer_url, self.state),
        }

    async def drain(self) -> None:
        """Lets running invocations finish for some seconds, then kills what is left."""
        await self.state.sources.stop_reading()
        self.state.executions.refuse()
        self.state.provisions.close()
        if running := self._under_way():
            await asyncio.wait(running, timeout=_GRACE_S)
        self._background.end()
        await self.state.pool.close()
        while running := self._under_way():
            await asyncio.gather(*running, return_exceptions=True)
        await asyncio.to_thread(self.state.pool.remove_folder)

    def busy(self) -> bool:
        """Returns whether a function runs, a provisioned worker starts, or a log or record is still to be written."""
        return bool(self._under_way()) or self.state.provisions.is_behind

    async def settled(self) -> None:
        """Returns when everything is active that was made, nothing runs or is to be written, and no mapped queue has
        a message that is visible now.
        """
        await self.state.transitions.finish()
        while True:
            while running := self._under_way():
                await asyncio.wait(running)
            await self.state.provisions.caught_up()
            await self.state.sources.quiet()
            if not self.busy():
                return

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns policy and tags of the function, version, alias, layer or event source mapping with this ARN."""
        name = named(arn)
        if layer := layer_named(arn):
            version = find_layer_version(tx, layer)
            return Resource(version.policy) if version else Resource()
        if name is None:
            return Resource(keys=mapping_resource_keys(tx, arn))
        function = find_qualified(tx, name)
        return Resource(function.policy, keys=function.tag_keys) if function else Resource()

    def body_too_large(self, operation: Operation) -> AwsError:
        """Returns how Lambda refuses a longer body than the operation takes."""
        return request_too_large(operation.name, operation.max_body)

    def health(self) -> Mapping[str, str]:
        """Returns that functions are not run, when they would not be kept apart as they must be."""
        required = self.state.parts.config.requires_isolation
        return (
            {"functions": HOW_TO}
            if required and self.state.pool.planner.machine.isolation is Isolation.NONE
            else {}
        )

    def about(self) -> Mapping[str, str]:
        """Returns what keeps functions apart."""
        return self.state.pool.planner.machine.about()

    def gauges(self) -> Mapping[str, Gauge]:
        """Returns how many workers live and how many of them run nothing."""
        pool = self.state.pool
        return {
            "workers": Gauge(pool.alive, "Worker processes that live."),
            "idle_workers": Gauge(
                pool.idle + self.state.provisions.idle, "Worker processes that run nothing."
            ),
        }

    def _under_way(self) -> set[asyncio.Task[Any]]:
        return {*self.state.executions.running, *self._background.tasks}

    async def _runtime(self, request: Request, rest: str) -> WireResponse:
        token, _, path = rest.partition("/")
        worker = self.state.pool.worker(token)
        status, headers, answer = await answer_worker(worker, request, "/" + unquote(path))
        return complete(status, [*headers], answer)

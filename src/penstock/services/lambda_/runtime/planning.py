"""What a worker is made of: found, made and checked before its process is started."""

import asyncio
import contextlib
import logging
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from penstock.clock import Clock
from penstock.errors import AwsError, BodyDamaged
from penstock.services.background import Background
from penstock.services.lambda_.errors import not_started, role_not_assumable
from penstock.services.lambda_.functions.compiled import misfit_sentence
from penstock.services.lambda_.functions.credentials import assume_role
from penstock.services.lambda_.functions.environment_key import with_environment
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.package import PackageStore
from penstock.services.lambda_.functions.runtimes import OS_ONLY
from penstock.services.lambda_.runtime.entrypoint import Entrypoint, find_entrypoint
from penstock.services.lambda_.runtime.environment import worker_environment
from penstock.services.lambda_.runtime.initialization import Initialization
from penstock.services.lambda_.runtime.interpreter import Interpreter, look_for_interpreter, os_only
from penstock.services.lambda_.runtime.layout import Layout, layout_of, with_layers
from penstock.services.lambda_.runtime.log_stream import LogStream
from penstock.services.lambda_.runtime.sandbox.isolation import HOW_TO, Isolation, Machine
from penstock.services.lambda_.runtime.sandbox.users import User, take_user
from penstock.services.lambda_.runtime.spec import in_group, make_temporary, worker_spec
from penstock.services.lambda_.runtime.worker import WorkerPlan
from penstock.services.service import Parts

log = logging.getLogger(__name__)

_RENEW_BEFORE_MS = 20 * 60_000  # more than the longest time-out


class StaleCode(Exception):
    """The function was changed or removed before its worker was started."""


class Planner:
    """Makes plans for workers; ``machine`` says what keeps them apart."""

    def __init__(self, parts: Parts, packages: PackageStore, background: Background) -> None:
        self.machine = Machine(parts.ids)
        self._parts = parts
        self._clock: Clock = parts.clock
        self._packages = packages
        self._background = background
        self._interpreters: dict[str, Interpreter] = {}

    async def plan(self, function: Function, root: Path, slot: int | None) -> tuple[WorkerPlan, LogStream]:
        """Returns what a worker at the place ``slot`` is made of, whose files are in ``root``, and where it logs.

        One without a place is provisioned.

        AwsError when no worker can be made, StaleCode when the code has gone.
        """
        isolation = await self.machine.known()
        interpreter = await self.interpreter(function.settings["Runtime"])
        self._check_isolation(interpreter, isolation)
        try:
            folders = [await self._packages.unpacked(each) for each in function.codes]
            misfits = await self.misfits(function)
        except (FileNotFoundError, BodyDamaged):
            for each in function.codes:
                self._packages.forget(each)
            raise StaleCode from None
        interpreter = replace(interpreter, note="; ".join(filter(None, [interpreter.note, misfits])))
        user = await asyncio.to_thread(take_user) if interpreter.unprivileged else None
        try:
            return await self._plan_as(user, function, interpreter, folders, root, slot)
        except BaseException:
            if user:
                user.release()
            raise

    async def _plan_as(
        self,
        user: User | None,
        function: Function,
        interpreter: Interpreter,
        folders: list[Path],
        root: Path,
        slot: int | None,
    ) -> tuple[WorkerPlan, LogStream]:
        uid = user.uid if user else None
        function = await with_environment(self._parts.store, self._parts.keys, function)
        credentials = await self._credentials(function)
        stream = self._stream(function, credentials)
        token = self._parts.ids.hex(32)
        temporary = root / f"tmp-{self._parts.ids.hex(16)}"
        ca_bundle = await asyncio.to_thread(make_temporary, temporary, uid, self._parts.ca_bundle)
        layout, merged, entrypoint = await self._lay_out(function, interpreter, folders, root, temporary)
        env = worker_environment(
            function,
            interpreter,
            credentials,
            initialization=Initialization.ON_DEMAND if slot is not None else Initialization.PROVISIONED,
            layout=layout,
            log_stream=stream.stream,
            endpoint=self._parts.endpoint,
            ca_bundle=ca_bundle,
            extension_port=self._parts.extension_port,
            runtime_api=f"{self._parts.runtime}/_penstock/runtime/{token}",
        )
        expires: datetime = credentials["Expiration"]
        renew_ms = int(expires.timestamp() * 1000) - _RENEW_BEFORE_MS
        spec = worker_spec(
            self._parts.config,
            function,
            interpreter,
            layout,
            env,
            entrypoint=entrypoint,
            uid=uid,
            isolated=self.machine.isolation is Isolation.NAMESPACES,
        )
        group = None
        if hierarchy := self.machine.hierarchy:
            group = await asyncio.to_thread(hierarchy.make, self._parts.ids.hex(16), function.memory_mb)
            spec = in_group(spec, group, hierarchy.mounts)
        return WorkerPlan(
            function,
            interpreter,
            spec,
            temporary,
            merged,
            slot,
            user,
            group,
            token,
            renew_ms,
            entrypoint.error if entrypoint else "",
        ), stream

    async def _lay_out(
        self, function: Function, interpreter: Interpreter, folders: list[Path], root: Path, temporary: Path
    ) -> tuple[Layout, Path | None, Entrypoint | None]:
        """Returns where the worker's files lie, the folder that its layers were merged in, and what begins it."""
        code, *layers = folders
        layout = layout_of(root, code, temporary, shows_folders=self.machine.shows_folders)
        merged = None
        if len(layers) > 1:
            merged = await asyncio.to_thread(self._packages.merge, layers, f"opt-{self._parts.ids.hex(16)}")
        opt = merged or (layers[0] if layers else None)
        if opt:
            layout = with_layers(layout, opt, interpreter)
        if function.settings["Runtime"] not in OS_ONLY:
            return layout, merged, None
        return layout, merged, await asyncio.to_thread(find_entrypoint, code, opt)

    async def misfits(self, function: Function) -> str:
        """Returns what of the function's code and layers was compiled for another Python than runs it here, or ""."""
        if function.settings["Runtime"] in OS_ONLY:
            return ""
        parts = [await asyncio.to_thread(self._packages.compiled, each) for each in function.codes]
        if not any(each.modules or each.wheels for each in parts):
            return ""
        interpreter = await self.interpreter(function.settings["Runtime"])
        machine = os.uname().machine
        minor = int(interpreter.version.split(".")[1])
        found = [name for each in parts for name in each.misfits(minor, machine)]
        return misfit_sentence(found, f"Python {interpreter.version}", machine)

    async def warn(self, function: Function) -> None:
        """Tells the server's log of what does not fit in a function that was just made or changed."""
        with contextlib.suppress(
            FileNotFoundError, BodyDamaged
        ):  # changed again meanwhile, or told when it runs
            if told := await self.misfits(function):
                log.warning("function %s: %s; `penstock runtimes` says what runs it", function.arn, told)

    def _check_isolation(self, interpreter: Interpreter, isolation: Isolation) -> None:
        alone = isolation is Isolation.NAMESPACES or interpreter.unprivileged
        if self._parts.config.requires_isolation and not alone:
            raise not_started(HOW_TO)

    async def interpreter(self, runtime: str) -> Interpreter:
        """Returns what runs ``runtime`` here; looked for once."""
        if runtime in OS_ONLY:
            return os_only(runtime)
        found = self._interpreters.get(runtime)
        if found is None:
            found = self._interpreters[runtime] = await asyncio.to_thread(
                look_for_interpreter, runtime, shows_folders=self.machine.shows_folders
            )
        return found

    async def _credentials(self, function: Function) -> dict[str, Any]:
        try:
            return await assume_role(
                self._parts, function.account, function.region, function.name, function.role
            )
        except AwsError:
            raise role_not_assumable() from None

    def _stream(self, function: Function, credentials: dict[str, Any]) -> LogStream:
        day = self._clock.now().strftime("%Y/%m/%d")
        return LogStream(
            self._parts,
            account=function.account,
            region=function.region,
            group=function.log_group,
            stream=f"{day}/[{function.version}]{self._parts.ids.hex(32)}",
            identity=lambda: self._parts.call.identify(
                credentials["AccessKeyId"], credentials["SessionToken"]
            ),
            background=self._background,
        )

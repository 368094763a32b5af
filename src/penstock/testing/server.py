"""A real server in a thread of the test process."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import boto3
import botocore.session
import uvloop
from botocore.config import Config as BotoConfig
from botocore.loaders import create_loader

from penstock.app import Server
from penstock.clock import Clock
from penstock.config import Config

T = TypeVar("T")

ACCOUNT = "000000000000"
ACCESS_KEY_ID = "AKIAPENSTOCKTESTING1"
SECRET = "penstock-testing-secret"
REGION = "us-east-1"

_PATIENCE_S = 60

# Of a client's 100 ms most is reading AWS's models; whoever shares the loader reads each once.
_LOADER = create_loader()


class LocalServer:
    """Runs from ``with`` to the end of the block. ``data`` keeps its state in a folder; else it is temporary."""

    def __init__(
        self, *, data: Path | None = None, accounts: str = "", clock_kind: str = "adjustable", **settings: Any
    ) -> None:
        self.clock = Clock()
        self.accounts = accounts or f"{ACCOUNT}:{ACCESS_KEY_ID}:{SECRET}"
        ports: dict[str, Any] = {"port": 0, "extension_port": 0}
        self._config = Config(
            data=data, memory=data is None, clock=clock_kind, accounts=self.accounts, **(ports | settings)
        )
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="penstock", daemon=True)
        self._server: Server
        self._loop: asyncio.AbstractEventLoop

    @property
    def endpoint(self) -> str:
        """Returns the base URL."""
        return self._server.endpoint

    @property
    def app(self) -> Any:
        """Returns the server's App, for tests that look inside."""
        return self._server.app

    @property
    def listener(self) -> Any:
        """Returns the server's Listener, for tests of connections."""
        return self._server.listener

    @property
    def ca_bundle(self) -> Path | None:
        """Returns the file with the authorities that clients are to trust; None when the server speaks no TLS."""
        tls = self._server.app.tls
        return tls.bundle if tls else None

    def client(self, service: str, **options: Any) -> Any:
        """Returns a boto3 client signed as root; ``options`` go to boto3."""
        verify = str(self.ca_bundle) if self.ca_bundle else None
        return self.session().client(
            service, endpoint_url=self.endpoint, **{"config": client_config(), "verify": verify, **options}
        )

    def resource(self, service: str, **options: Any) -> Any:
        """Returns a boto3 resource signed as root."""
        return self.session().resource(service, endpoint_url=self.endpoint, config=client_config(), **options)

    def session(self) -> boto3.Session:
        """Returns a boto3 session with the default account's root credentials."""
        _, key, secret = self.accounts.split(",", 1)[0].split(":", 2)
        core = botocore.session.get_session()
        core.register_component("data_loader", _LOADER)
        return boto3.Session(
            aws_access_key_id=key, aws_secret_access_key=secret, region_name=REGION, botocore_session=core
        )

    def advance(self, seconds: float) -> None:
        """Moves the server's time forward."""
        self.clock.advance(seconds)

    def settle(self) -> None:
        """Returns when nothing is due or running any more."""
        self.wait(self._server.app.settle())

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Returns what ``work`` returns when run on the server's event loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_S)

    def __enter__(self) -> "LocalServer":
        self._thread.start()
        self._ready.wait(_PATIENCE_S)
        if self._failure:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        with contextlib.suppress(RuntimeError):  # it has ended by itself: nothing could be written any more
            self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                self._loop = runner.get_loop()
                runner.run(self._serve())
        except BaseException as failure:  # noqa: BLE001 - raised again in the thread of the test
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._server = Server(self._config, clock=self.clock)
        await self._server.run(lambda server: self._ready.set())


def client_config() -> BotoConfig:
    """Returns options under which a failure shows at once instead of after retries."""
    return BotoConfig(
        retries={"max_attempts": 0},
        s3={"addressing_style": "path"},
        connect_timeout=5,
        read_timeout=60,
        inject_host_prefix=False,  # the server has an address, no name that could have others before it
    )

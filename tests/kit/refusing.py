"""A store that refuses for a while, as one does whose disk is full or whose database cannot be read."""

from collections.abc import Callable
from typing import Any

from penstock.errors import StoreUnavailable
from penstock.testing import LocalServer


class Refusing:
    """The server's store, which refuses what ``named`` names until it has done so ``times`` times."""

    def __init__(self, server: LocalServer, named: str, times: int) -> None:
        store = server.app.store
        self._named = named
        self.left = times
        self.read, self.write = self._wrap(store.read), self._wrap(store.write)

    def _wrap(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        async def wrapped(fn: Any, *args: Any, **kwargs: Any) -> Any:
            name = getattr(fn, "__qualname__", "")
            if self.left and f"{getattr(fn, '__module__', '')}.{name}".endswith(self._named):
                self.left -= 1
                raise StoreUnavailable("database or disk is full")
            return await operation(fn, *args, **kwargs)

        return wrapped

    async def over(self, server: LocalServer) -> None:
        """Returns when it refuses no more."""
        while self.left:
            await server.clock.elapse(0.005)

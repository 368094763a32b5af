"""A function on its way into a commit, and the caller who waits for it."""

import asyncio
from collections.abc import Callable
from typing import Any


class Pending:
    """A function waiting for its commit, and the caller waiting for the function."""

    __slots__ = ("args", "done", "error", "fn", "kwargs", "result")

    def __init__(self, fn: Callable[..., Any], args: Any, kwargs: Any, done: asyncio.Future[Any]) -> None:
        self.fn, self.args, self.kwargs, self.done = fn, args, kwargs, done
        self.result: Any = None
        self.error: Exception | None = None

    def resolve(self) -> None:
        """Tells the caller how it went."""
        if self.done.done():  # the caller went away; what it asked for is durable all the same
            return
        if self.error:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)

    def fail(self, error: Exception) -> None:
        """Tells the caller that ``error`` kept it from the disk, unless the function failed by itself."""
        self.error = self.error or error
        self.resolve()

"""How a service names its operations: one decorator on each handler."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, TypeVar

from penstock.server.circumstances import ContextOf

Handler = Callable[..., Awaitable[dict[str, Any] | None]]
LONG_BODY_BYTES = 128 * 1024  # takes longer to parse than to hand to a thread
_SPARING = (
    "Abort",
    "Cancel",
    "ChangeMessageVisibility",
    "Delete",
    "Describe",
    "Detach",
    "Filter",
    "Get",
    "Head",
    "List",
    "Purge",
    "Receive",
    "Remove",
    "Untag",
)
H = TypeVar("H", bound=Handler)
ResourceOf = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as its service declares it.

    ``action`` is the IAM action, or None when the handler authorises by itself. ``resource(state, call, params)``
    gives the ARN it acts on; without it the resource is ``*``. ``context(state, call, params)`` gives
    service-specific condition keys. ``streams`` leaves the request body to the handler as ``call.body``;
    else it is read whole, to ``max_body`` bytes; one of more than ``long_body`` is parsed and checked in a thread.
    ``long_answer``: it may have thousands of entries, and is written in a
    thread. ``check(params)`` raises what AWS answers before it looks at the model's constraints. ``linked``: links
    in messages lead to it, which say no more than its name.
    """

    name: str
    handler: Handler
    action: str | None
    resource: ResourceOf | None
    context: ContextOf | None
    streams: bool
    max_body: int
    long_answer: bool
    check: Callable[[dict[str, Any]], None] | None
    linked: bool
    long_body: int

    @property
    def grows(self) -> bool:
        """Returns whether there may be more to keep afterwards, by the verb."""
        return not self.name.startswith(_SPARING)


def operation(
    name: str,
    *,
    action: str | None,
    resource: ResourceOf | None = None,
    context: ContextOf | None = None,
    streams: bool = False,
    max_body: int = 2 * 1024 * 1024,
    long_answer: bool = False,
    check: Callable[[dict[str, Any]], None] | None = None,
    linked: bool = False,
    long_body: int = LONG_BODY_BYTES,
) -> Callable[[H], H]:
    """Returns a decorator that declares ``async handler(state, call, params) -> dict | None`` as AWS's ``name``."""

    def declare(handler: H) -> H:
        handler.__operation__ = Operation(  # type: ignore[attr-defined]
            name, handler, action, resource, context, streams, max_body, long_answer, check, linked, long_body
        )
        return handler

    return declare


def collect(*places: ModuleType) -> dict[str, Operation]:
    """Returns the operations declared in ``places``, which are modules or packages of modules, by name."""
    found: dict[str, Operation] = {}
    for module in chain.from_iterable(map(_modules, places)):
        for value in vars(module).values():
            declared = getattr(value, "__operation__", None)
            if declared and value.__module__ == module.__name__:
                if declared.name in found:
                    raise ValueError(f"{declared.name} is declared twice")
                found[declared.name] = declared
    return found


def _modules(place: ModuleType) -> Iterator[ModuleType]:
    yield place
    for entry in iter_modules(getattr(place, "__path__", ())):
        yield import_module(f"{place.__name__}.{entry.name}")

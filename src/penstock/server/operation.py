"""How a service names its operations: one decorator on each handler."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
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
    thread. ``check(params)`` raises what AWS answers before it looks at the model's constraints.
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
    long_body: int = LONG_BODY_BYTES,
) -> Callable[[H], H]:
    """Returns a decorator that declares ``async handler(state, call, params) -> dict | None`` as AWS's ``name``."""

    def declare(handler: H) -> H:
        handler.__operation__ = Operation(  # type: ignore[attr-defined]
            name, handler, action, resource, context, streams, max_body, long_answer, check, long_body
        )
        return handler

    return declare


class Operations:
    """The operations that a service declares: a class's attribute, which is a dict by name once it is asked for.

    ``service`` is the name of the service's own module; ``places`` are modules beside it, or packages of modules. They
    are imported when somebody wants the operations: most servers are never asked for most services.
    """

    def __init__(self, service: str, *places: str) -> None:
        package = service.rpartition(".")[0]
        self._places = [f"{package}.{place}" for place in places]

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, instance: object, owner: type) -> dict[str, Operation]:
        found = _declared(map(import_module, self._places))
        setattr(self._owner, self._name, found)
        return found


def _declared(places: Iterable[ModuleType]) -> dict[str, Operation]:
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

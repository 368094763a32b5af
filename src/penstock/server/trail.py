"""What the audit trail must know of a service that neither AWS's model nor its operations say."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

_READS = (
    "BatchGet",
    "Describe",
    "Filter",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Query",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "Test",
    "Validate",
)


class Trail(NamedTuple):
    """A service's declaration.

    ``data`` are the operations that are data events: those on what a resource holds, not on the resource. ``reads``
    change nothing although their names do not say so. ``hidden`` are parameters and results that are not recorded,
    besides those that the model calls sensitive and whatever is binary. ``holder`` is the type of a resource whose ARN
    names no kind, ``held`` of what it holds. ``namespace`` begins the types of its resources, when not the name
    that the model has for the service. ``renamed`` are parameters that records call otherwise.
    """

    data: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    holder: str = ""
    held: str = ""
    namespace: str = ""
    renamed: Mapping[str, str] = {}

    def is_read(self, operation: str) -> bool:
        """Returns whether the operation changes nothing."""
        return operation.startswith(_READS) or operation in self.reads


class Plan(NamedTuple):
    """How a record of an operation is made.

    ``wants`` says for which resources, by their ARNs; None: for whatever it is about.
    """

    operation: str
    is_data: bool
    is_read: bool
    wants: Callable[[str], bool] | None

"""Which of AWS's operations are answered, as the services declare them: a page in Markdown."""

from collections.abc import Iterator

from penstock.app import SERVICES
from penstock.services.service import Service
from penstock.wire import load_model

_HEAD = """\
# Compatibility

`penstock operations` prints this page. *Served* does what AWS's does, but for what [limits.md](limits.md) says.
*Refused* and *not declared* answer AWS's error shape with the code `NotImplemented`, status 501; *refused* also says
what is lacking.

| service | served | refused | not declared | of |
|---|---:|---:|---:|---:|
"""


def print_operations() -> None:
    """Prints the page."""
    print(page(), end="")


def page() -> str:
    """Returns the page: how many operations of each service there are in each state, then all of them."""
    totals = "".join(map(_totals, SERVICES))
    return _HEAD + totals + "".join(map(_section, SERVICES))


def states(service: type[Service]) -> Iterator[tuple[str, str]]:
    """Yields each operation of AWS's model and its state."""
    for name in sorted(load_model(service.model).operations):
        if name in service.operations:
            yield name, "served"
        elif name in service.lacks:
            yield name, f"refused: no {service.lacks[name]}"
        else:
            yield name, "not declared"


def _totals(service: type[Service]) -> str:
    found = [state.partition(":")[0] for _, state in states(service)]
    counts = " | ".join(str(found.count(state)) for state in ("served", "refused", "not declared"))
    return f"| {_title(service)} | {counts} | {len(found)} |\n"


def _section(service: type[Service]) -> str:
    rows = "".join(f"| `{name}` | {state} |\n" for name, state in states(service))
    return f"\n## {_title(service)} (`{service.name}`)\n\n| operation | |\n|---|---|\n{rows}"


def _title(service: type[Service]) -> str:
    return str(load_model(service.model).raw["metadata"]["serviceId"])

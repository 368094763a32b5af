"""The runtimes that functions may name here, and the sentence for those that they may not."""

from typing import Final

from penstock.errors import AwsError
from penstock.services.lambda_.errors import invalid
from penstock.wire import load_model

PYTHONS: Final = tuple(f"python3.{minor}" for minor in range(8, 15))

OS_ONLY: Final = ("provided.al2023", "provided.al2")
"""Runtimes whose functions bring what runs them: a program called ``bootstrap``."""

_ALL = (*PYTHONS, *OS_ONLY)


def check_runtime(runtime: str) -> None:
    """Returns when functions may name it; AwsError ``InvalidParameterValueException``."""
    if runtime not in _ALL:
        raise _refused(runtime)


def _refused(runtime: str) -> AwsError:
    model = load_model("lambda").operations["CreateFunction"].input
    if model and runtime in model.members["Runtime"].shape.raw["enum"]:
        return invalid(
            f"The runtime {runtime} is not supported by this server, which runs {PYTHONS[0]} to {PYTHONS[-1]}, "
            f"{' and '.join(OS_ONLY)}.{_why_not(runtime)}"
        )
    return invalid(
        f"Value {runtime} at 'runtime' failed to satisfy constraint: "
        f"Member must satisfy enum value set: [{', '.join(_ALL)}] or be a valid ARN"
    )


def _why_not(runtime: str) -> str:
    if not runtime.startswith("nodejs"):
        return ""
    return " AWS's runtime client for Node.js has a part that npm compiles from C++; it is not part of this server."

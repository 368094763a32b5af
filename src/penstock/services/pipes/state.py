"""What the handlers of EventBridge Pipes work with."""

from dataclasses import dataclass

from penstock.services.pipes.running.runs import Runs
from penstock.services.service import Parts
from penstock.store import Store


@dataclass(frozen=True, slots=True)
class PipesState:
    """The store, all that runs, and what every service is built from."""

    parts: Parts
    store: Store
    runs: Runs

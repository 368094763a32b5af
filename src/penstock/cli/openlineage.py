"""The story of objects as OpenLineage tells it: each run of a function, with what it read and what it wrote.

Source: https://openlineage.io/spec/2-0-2/OpenLineage.json
"""

from collections.abc import Iterable, Iterator
from typing import Any

from penstock import __version__
from penstock.arn import Arn

Entry = dict[str, Any]

_PRODUCER = f"urn:penstock:{__version__}"
_SPEC = "https://openlineage.io/spec"
_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_VERSION = f"{_SPEC}/facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
_ERROR = f"{_SPEC}/facets/1-0-0/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet"


def run_events(story: Iterable[Entry]) -> Iterator[Entry]:
    """Yields the start and the end of each run that the changes of a story caused, each once, in the story's order."""
    told: set[str] = set()
    for change, run in _runs(story):
        if run["request_id"] in told:  # a batch had several changes of the story
            continue
        told.add(run["request_id"])
        yield _run_event("START", run["started"], run, change)
        yield _run_event("COMPLETE" if run["ok"] else "FAIL", run["ended"], run, change)


def _runs(changes: Iterable[Entry]) -> Iterator[tuple[Entry, Entry]]:
    """Yields each run with the change that it had."""
    for change in changes:
        tries = [one for delivery in change["deliveries"] for one in delivery.get("tries", ())]
        yield from _of(change, [*tries, *change["consumers"]])


def _of(change: Entry, tries: Iterable[Entry]) -> Iterator[tuple[Entry, Entry]]:
    for one in tries:
        if one.get("request_id"):
            yield change, one
        yield from _of(change, one.get("consumers", ()))  # what had messages that it sent
        yield from _runs(one.get("wrote", ()))


def _run_event(type: str, time: str, run: Entry, change: Entry) -> Entry:
    function = Arn.parse(run["arn"])
    described: Entry = {"runId": run["request_id"], "facets": {}}
    if type == "FAIL":
        described["facets"]["errorMessage"] = {
            "_producer": _PRODUCER,
            "_schemaURL": _ERROR,
            "message": run["error"],
            "programmingLanguage": "python",
        }
    return {
        "eventType": type,
        "eventTime": time,
        "producer": _PRODUCER,
        "schemaURL": _EVENT,
        "run": described,
        "job": {
            "namespace": f"lambda://{function.account}/{function.region}",
            "name": function.resource.removeprefix("function:"),
        },
        "inputs": [_dataset(change)],
        "outputs": [] if type == "START" else [_dataset(wrote) for wrote in run.get("wrote", ())],
    }


def _dataset(change: Entry) -> Entry:
    dataset: Entry = {"namespace": f"s3://{change['bucket']}", "name": change["key"], "facets": {}}
    if change["version_id"]:
        dataset["facets"]["version"] = {
            "_producer": _PRODUCER,
            "_schemaURL": _VERSION,
            "datasetVersion": change["version_id"],
        }
    return dataset

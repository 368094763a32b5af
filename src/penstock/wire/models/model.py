"""Service models: read from the data files of the botocore package, without importing botocore.

What a service says of itself is read by itself; the whole, which costs 2 to 15 ms and megabytes once, when it is
first asked for, and what is built from it when that is used.
"""

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from penstock.errors import StartError
from penstock.wire.models.shape import Raw, Shape, Shapes
from penstock.wire.quirks.registry import quirks_of

_HEAD_BYTES = 8192  # the metadata are the first of a model, and under 1 KiB
_METADATA = re.compile(r'"metadata"\s*:\s*')


class OperationModel:
    """One operation as AWS models it."""

    def __init__(self, name: str, raw: Raw, shapes: Shapes) -> None:
        self.name = name
        self.raw = raw
        self.method: str = raw["http"]["method"]
        self.uri: str = raw["http"]["requestUri"]
        self.status: int = raw["http"].get("responseCode", 200)
        self.deprecated: bool = raw.get("deprecated", False)
        self._shapes = shapes

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    @cached_property
    def input(self) -> Shape | None:
        """Returns the shape of the parameters."""
        return self._shape("input")

    @cached_property
    def output(self) -> Shape | None:
        """Returns the shape of the result."""
        return self._shape("output")

    @cached_property
    def errors(self) -> tuple[Shape, ...]:
        """Returns the exceptions that the model names for this operation."""
        return tuple(self._shapes[error["shape"]] for error in self.raw.get("errors", ()))

    @cached_property
    def result_wrapper(self) -> str | None:
        """Returns the element around a query protocol's result."""
        wrapper: str | None = self.raw.get("output", {}).get("resultWrapper")
        return wrapper

    @cached_property
    def streaming_input(self) -> bool:
        """Returns whether the request body is left to the handler."""
        return _streams(self.input)

    @cached_property
    def streaming_output(self) -> bool:
        """Returns whether the response body may be an iterator."""
        return _streams(self.output)

    def _shape(self, name: str) -> Shape | None:
        raw = self.raw.get(name)
        return self._shapes[raw["shape"]] if raw else None


NOTHING = OperationModel("", {"http": {"method": "OPTIONS", "requestUri": "/"}}, Shapes({}))
"""An operation of no model: its answer has no body."""


class ServiceModel:
    """One AWS service: its protocols, operations and exceptions.

    ``metadata`` is what the model says of the whole service; ``read`` gives all of it.
    """

    def __init__(self, name: str, metadata: Raw, read: Callable[[], Mapping[str, Any]]) -> None:
        self.name = name
        self._read = read
        self.api_version: str = metadata["apiVersion"]
        self.protocols: tuple[str, ...] = tuple(metadata.get("protocols", (metadata["protocol"],)))
        self.target_prefix: str = metadata.get("targetPrefix", "")
        self.json_version: str = metadata.get("jsonVersion", "1.0")
        self.xml_namespace: str = metadata.get("xmlNamespace", "")
        self.query_compatible = "awsQueryCompatible" in metadata
        self.signature_version: str = metadata.get("signatureVersion", "v4")
        self.endpoint_prefix: str = metadata.get("endpointPrefix", name)
        self.sdk_name: str = metadata.get("serviceId", name).replace(" ", "").lower()
        self.signing_name: str = metadata.get("signingName", self.endpoint_prefix)

    def __repr__(self) -> str:
        return f"<service {self.name}>"

    @cached_property
    def raw(self) -> Mapping[str, Any]:
        """Returns the model as botocore has it, with what AWS documents and leaves out of it."""
        return self._read()

    @cached_property
    def shapes(self) -> Shapes:
        """Returns the types by name."""
        return Shapes(self.raw["shapes"])

    @cached_property
    def operations(self) -> Mapping[str, OperationModel]:
        """Returns the operations by name."""
        return _Operations(self.raw["operations"], self.shapes)

    @cached_property
    def exceptions(self) -> dict[str, Shape]:
        """Returns the exception shapes by shape name."""
        return {shape.name: shape for shape in self.shapes.exceptions()}


class _Operations(Mapping[str, OperationModel]):
    """Operations by name, made when first asked for."""

    def __init__(self, raw: Mapping[str, Raw], shapes: Shapes) -> None:
        self._raw = raw
        self._shapes = shapes
        self._made: dict[str, OperationModel] = {}

    def __getitem__(self, name: str) -> OperationModel:
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = OperationModel(name, self._raw[name], self._shapes)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._raw

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


@cache
def load_model(name: str) -> ServiceModel:
    """Returns the newest model in botocore's data folder ``name``; StartError when there is none."""
    folder = _data_folder() / name
    versions = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    for version in reversed(versions):
        for path in (folder / version / "service-2.json", folder / version / "service-2.json.gz"):
            if path.exists():
                return ServiceModel(name, _metadata(path), partial(_whole, name, path))
    raise StartError(f"The botocore package has no model of the service {name!r}.")


def _metadata(path: Path) -> Raw:
    with _open(path) as file:
        head = file.read(_HEAD_BYTES).decode(errors="ignore")
    found = _METADATA.search(head)
    if found is None:
        raise StartError(f"The botocore package's model {path} does not begin with its metadata.")
    metadata: Raw
    metadata, _ = json.JSONDecoder().raw_decode(head, found.end())  # of a document that is cut off, one value
    return metadata


def _whole(name: str, path: Path) -> Mapping[str, Any]:
    with _open(path) as file:
        raw = orjson.loads(file.read())
    quirks = quirks_of(name)
    raw["operations"].update(quirks.operations)
    raw["shapes"].update(quirks.shapes)
    whole: Mapping[str, Any] = raw
    return whole


@cache
def _data_folder() -> Path:
    spec = find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise StartError(
            "The botocore package is not installed; Penstock reads AWS's service models from it."
        )
    return Path(spec.submodule_search_locations[0]) / "data"


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _streams(shape: Shape | None) -> bool:
    return bool(shape and shape.payload and shape.payload.streaming)

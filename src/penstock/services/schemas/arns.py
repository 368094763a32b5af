"""What registries, schemas and discoverers are called."""

from typing import NamedTuple

from penstock.arn import Arn, arn
from penstock.server import Call, Params

DISCOVERED = "discovered-schemas"
"""The registry of what discoverers find out."""


class Place(NamedTuple):
    """An account and a region."""

    account: str
    region: str

    def registry_arn(self, registry: str) -> str:
        """Returns the ARN of a registry."""
        return self._arn(f"registry/{registry}")

    def schema_arn(self, registry: str, schema: str) -> str:
        """Returns the ARN of a schema."""
        return self._arn(f"schema/{registry}/{schema}")

    def discoverer_arn(self, id: str) -> str:
        """Returns the ARN of a discoverer."""
        return self._arn(f"discoverer/{id}")

    def _arn(self, resource: str) -> str:
        return arn("schemas", self.region, self.account, resource)


class Named(NamedTuple):
    """What an ARN names: ``kind`` is ``registry``, ``schema`` or ``discoverer``; ``names`` are one or two."""

    place: Place
    kind: str
    names: tuple[str, ...]


_NAMES = {"registry": 1, "schema": 2, "discoverer": 1}


def named(text: str) -> Named | None:
    """Returns what the ARN names; None when it is none of the registry's."""
    try:
        found = Arn.parse(text)
    except ValueError:
        return None
    kind, *names = found.resource.split("/")
    if found.service != "schemas" or _NAMES.get(kind) != len(names):
        return None
    return Named(Place(found.account, found.region), kind, tuple(names))


def place_of(call: Call) -> Place:
    """Returns where the call is made."""
    return Place(call.account, call.region)


def every_discoverer(state: object, call: Call, params: Params) -> str:
    """Returns the ARN that listing discoverers is authorised on."""
    return place_of(call).discoverer_arn("*")


def every_registry(state: object, call: Call, params: Params) -> str:
    """Returns the ARN that listing registries is authorised on."""
    return place_of(call).registry_arn("*")


def every_schema(state: object, call: Call, params: Params) -> str:
    """Returns the ARN that listing a registry's schemas is authorised on."""
    return place_of(call).schema_arn(params["RegistryName"], "*")


def asked_registry(state: object, call: Call, params: Params) -> str:
    """Returns the ARN of the registry that is among the parameters."""
    return place_of(call).registry_arn(params["RegistryName"])


def asked_schema(state: object, call: Call, params: Params) -> str:
    """Returns the ARN of the schema that is among the parameters."""
    return place_of(call).schema_arn(params["RegistryName"], params["SchemaName"])


def asked_discoverer(state: object, call: Call, params: Params) -> str:
    """Returns the ARN of the discoverer that is among the parameters."""
    return place_of(call).discoverer_arn(params["DiscovererId"])

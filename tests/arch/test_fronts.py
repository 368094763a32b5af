"""The front knows no service by name: what differs between services comes from AWS's models of them."""

import ast
import re
from functools import cache
from pathlib import Path

from penstock.app.application import SERVICES
from penstock.wire import load_model

SOURCE = Path(__file__).parents[2] / "src" / "penstock"
ROOMS = ("server", "access", "wire")

# One service's quirks of the wire, found by model name through the registry.
QUIRKS = {
    "wire/quirks/registry.py",
    "wire/quirks/s3_names.py",
    "wire/quirks/sqs_names.py",
    "wire/protocols/sqs_query.py",
}
# What looks like a name and is none: values of ``signatureVersion`` in models, words of the policy language.
ALLOWED = {
    ("access/sigv4/style.py", "s3"),
    ("access/principals.py", "iam"),
    ("access/principals.py", "sts"),
}
NEIGHBOURS = {"dynamodb", "sns", "cloudwatch", "monitoring", "kinesis", "ses", "states", "scheduler", "pipes"}


@cache
def service_names() -> frozenset[str]:
    names = set(NEIGHBOURS)
    for service in SERVICES:
        model = load_model(service.model)
        names |= {service.name, service.model, model.signing_name, model.endpoint_prefix, model.target_prefix}
    return frozenset(name for name in names if name)


def mentions(path: Path) -> set[str]:
    """Returns the names of services that the strings of a file have: alone, in an action, or in a host name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            found |= {text} & service_names()
            found |= {name for name in service_names() if re.fullmatch(rf"{name}:\w*|\.?{name}[.-]", text)}
    return found


def test_the_front_names_no_service() -> None:
    paths = [path for room in ROOMS for path in sorted((SOURCE / room).rglob("*.py"))]
    found = {(path.relative_to(SOURCE).as_posix(), name) for path in paths for name in mentions(path)}
    assert {(file, name) for file, name in found if file not in QUIRKS} == ALLOWED

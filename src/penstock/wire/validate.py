"""AWS's generic model validation: "Value null at 'x' failed to satisfy constraint: Member must not be null"."""

from typing import Any

from penstock.wire.shape import Shape


def validation_errors(shape: Shape, params: dict[str, Any]) -> list[str]:
    """Returns AWS's complaints about ``params``, none when they satisfy the model."""
    return [
        f"Value null at '{name[:1].lower()}{name[1:]}' failed to satisfy constraint: Member must not be null"
        for name in shape.required
        if params.get(name) is None
    ]

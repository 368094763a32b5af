"""Whole answers as they were written down by hand from AWS's pages.

A file has the ``page`` and the ``answer``, as boto3 gives it. ``<text>``, ``<number>`` and ``<time>`` stand for what
differs from one run to the next.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[1] / "golden"
_KINDS = {"<text>": str, "<number>": int, "<time>": datetime}


def golden(name: str) -> Any:
    """Returns the answer in ``<service>/<name>.json``."""
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))["answer"]


def compared(answer: Any, expected: Any) -> Any:
    """Returns ``answer`` without what botocore adds to it, and with the marks of ``expected`` where they fit."""
    if isinstance(expected, str) and expected in _KINDS and answer and isinstance(answer, _KINDS[expected]):
        return expected
    if isinstance(answer, dict) and isinstance(expected, dict):
        return {
            name: compared(value, expected.get(name))
            for name, value in answer.items()
            if name != "ResponseMetadata"
        }
    if isinstance(answer, list) and isinstance(expected, list) and len(answer) == len(expected):
        return [compared(value, other) for value, other in zip(answer, expected, strict=True)]
    return answer

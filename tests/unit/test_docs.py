"""What the documentation must not forget."""

import re
from pathlib import Path

import pytest

from penstock.app import SERVICES
from penstock.config import SETTINGS, Setting
from penstock.services.service import Service

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_readme(setting: Setting) -> None:
    assert f"| `{setting.name}` |" in README


def test_every_decision_is_numbered_and_says_what_was_decided() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    assert all("**Decision.**" in path.read_text() for path in records)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_operations_that_are_documented_are_those_that_are_there(service: type[Service]) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    section = page.split(f"(`{service.name}`)\n", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"`(\w+)`", section) == sorted(service.operations)

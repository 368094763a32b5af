"""What the documentation must not forget."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from penstock.app import SERVICES
from penstock.cli.main import cli
from penstock.cli.operations import page
from penstock.config import SETTINGS, Setting
from penstock.services.service import Service
from penstock.wire import load_model

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_readme(setting: Setting) -> None:
    assert f"| `{setting.name}` |" in README


def test_every_decision_is_numbered_and_says_what_was_decided() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    assert all("**Decision.**" in path.read_text() for path in records)


def test_every_command_is_in_the_readme() -> None:
    commands = get_command(cli).commands
    assert [name for name in commands if f"| `penstock {name}` |" not in README] == []


PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")]


@pytest.mark.parametrize("path", [*PAGES, *ROOT.glob("docs/*.md")], ids=lambda path: path.name)
def test_what_a_page_links_to_is_there(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_what_keeps_and_what_checks_each_promise_is_there() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    table = page.split("## Promises", 1)[1].split("\n## ", 1)[0]
    named = [*re.findall(r"(tests/[\w/*.]+)", table)]
    named += [f"src/penstock/{path}" for path in re.findall(r"`([\w/*]+\.py)`", table)]
    assert len(named) > 20
    assert [path for path in named if not list(ROOT.glob(path))] == []


def test_what_the_recipes_name_is_there() -> None:
    recipes = (ROOT / "CONTRIBUTING.md").read_text()
    named = re.findall(r"`((?:app|cli|delivery)/\w+\.py|config\.py|clock\.py)`", recipes)
    assert named and [name for name in named if not (ROOT / "src/penstock" / name).exists()] == []


def test_the_unit_and_the_container_start_the_server_with_settings_that_are_there() -> None:
    unit = (ROOT / "deploy/penstock.service").read_text()
    (start,) = re.findall(r"^ExecStart=\S+/penstock up (.*)$", unit, re.MULTILINE)
    assert set(re.findall(r"--[\w-]+", start)) <= {setting.flag for setting in SETTINGS}
    container = (ROOT / "deploy/Containerfile").read_text()
    assert set(re.findall(r"PENSTOCK_\w+", container)) <= {setting.variable for setting in SETTINGS}


def test_the_operations_that_are_documented_are_those_that_are_there() -> None:
    assert (ROOT / "docs" / "compatibility.md").read_text() == page()


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_what_a_service_lacks_is_not_among_what_it_serves(service: type[Service]) -> None:
    assert not service.operations.keys() & service.lacks.keys()


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_what_a_service_declares_is_in_awss_model(service: type[Service]) -> None:
    assert service.operations.keys() | service.lacks.keys() <= load_model(service.model).operations.keys()

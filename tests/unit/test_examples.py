"""The examples do what they say."""

import asyncio
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DATA = EXAMPLES / "data"


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def mini() -> ModuleType:
    return load(EXAMPLES / "mini.py")


@pytest.fixture
def open_store(mini: ModuleType, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Opens the store of the page, as often as a test wants, and closes all at its end."""
    stores: list[Any] = []

    def open_one() -> Any:
        stores.append(mini.Store(tmp_path / "mini.db"))
        return stores[-1]

    yield open_one
    for store in stores:
        store.connection.close()


def test_mini_is_a_page_and_tells_what_it_did():
    source = EXAMPLES / "mini.py"
    assert len(source.read_text("utf-8").splitlines()) < 150
    run = subprocess.run([sys.executable, source], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[1:] == [
        "   1 dead: file-00 is empty",
        "  99 delivered",
        "   2 retry: file-00 is empty",
    ]


def test_mini_commits_concurrent_puts_together_and_orders_their_events(mini, open_store):
    store = open_store()

    async def load_it() -> list[int]:
        return await asyncio.gather(*(store.write(mini.put, "same", b"%d" % n) for n in range(50)))

    assert asyncio.run(load_it()) == list(range(1, 51))
    assert store.commits < 50
    assert store.connection.execute("SELECT data FROM object").fetchall() == [(b"49",)]
    assert store.connection.execute("SELECT count(*) FROM message").fetchone() == (50,)


def test_mini_rolls_back_a_put_that_fails_and_only_that_one(mini, open_store):
    store = open_store()

    def fail(tx):
        mini.put(tx, "bad", b"x")
        raise ValueError("no")

    async def mix() -> list[object]:
        return await asyncio.gather(
            store.write(mini.put, "good", b"x"), store.write(fail), return_exceptions=True
        )

    good, bad = asyncio.run(mix())
    assert good == 1
    assert isinstance(bad, ValueError)
    assert store.connection.execute("SELECT key FROM object").fetchall() == [("good",)]


def test_mini_keeps_a_message_that_was_taken_but_not_finished(mini, open_store):
    first = open_store()
    asyncio.run(first.write(mini.put, "a", b"x"))
    asyncio.run(first.write(mini.take))
    first.connection.close()
    seen = []
    asyncio.run(mini.work(open_store(), seen.append))
    assert [event["key"] for event in seen] == ["a"]


@pytest.mark.parametrize(
    "name, rows",
    [
        ("bird_counts.csv", 18),
        ("tide_levels.csv", 2016),
        ("weather_stations.json", 12),
        ("sensor_inventory.json", 1),
    ],
)
def test_the_handler_counts_records_not_lines(name, rows, monkeypatch):
    handler = load_handler(monkeypatch)
    assert handler.count(name, (DATA / name).read_bytes())["rows"] == rows


def test_the_handler_raises_on_the_file_that_fails_on_purpose(monkeypatch):
    handler = load_handler(monkeypatch)
    with pytest.raises(json.JSONDecodeError):
        handler.count("broken.json", (DATA / "broken.json").read_bytes())


def load_handler(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return load(EXAMPLES / "pipeline" / "handler.py")


def test_the_tide_table_is_what_its_recipe_makes(tmp_path):
    recipe = tmp_path / "make_tides.py"
    recipe.write_bytes((DATA / "make_tides.py").read_bytes())
    load(recipe).main()
    assert (tmp_path / "tide_levels.csv").read_bytes() == (DATA / "tide_levels.csv").read_bytes()


def test_every_data_file_is_described():
    described = (DATA / "README.md").read_text("utf-8")
    files = [path.name for path in DATA.iterdir() if path.suffix in (".csv", ".json")]
    assert [name for name in files if f"`{name}`" not in described] == []

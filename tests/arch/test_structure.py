"""Rules of the source that no other tool checks: sizes, where time comes from, where SQL stands, what is caught."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "penstock"
FILES = {path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py"))}

MAX_FILE_LINES = 450
MAX_FUNCTION_LINES = 60

# The edges, where a defect becomes an answer, a log line or a retry; and who hands it to the caller it belongs to.
CATCH_EVERYTHING = {
    "supervisor.py",
    "server/gateway.py",
    "server/http/connection.py",
    "server/control.py",
    "delivery/carrier.py",
    "store/callbacks.py",
    "store/sqlite/store.py",
    "testing/server.py",
}
CLOCKS = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"},
    "datetime": {"now", "utcnow", "today"},
    "os": {"urandom"},
    "uuid": {"uuid1", "uuid4"},
    "random": {"random", "randbytes", "choice"},
}
CHANCE = {"random", "secrets"}
SQL = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER TABLE)\s+\w")


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(FILES[name].read_text("utf-8"))


def functions(name: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def reads_a_clock(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr in CLOCKS.get(node.value.id, ())
    if isinstance(node, ast.Import):
        return any(alias.name in CHANCE for alias in node.names)
    return isinstance(node, ast.ImportFrom) and node.module in {*CHANCE, "time"}


def swallows(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    )


def test_a_file_can_be_read_at_once() -> None:
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in FILES.items()}
    assert {name: count for name, count in lines.items() if count > MAX_FILE_LINES} == {}


def test_a_function_can_be_read_at_once() -> None:
    lines = {(n, f.name): (f.end_lineno or 0) - f.lineno + 1 for n in FILES for f in functions(n)}
    assert {name: count for name, count in lines.items() if count > MAX_FUNCTION_LINES} == {}


def test_time_and_chance_come_from_the_clock() -> None:
    assert {name for name in FILES if any(map(reads_a_clock, ast.walk(tree(name))))} == {"clock.py"}


def test_sql_stands_in_the_rooms_sql_files() -> None:
    texts = [
        (name, node.value)
        for name in FILES
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert {name for name, text in texts if SQL.match(text) and not name.startswith("store/")} == set()


def test_only_the_edges_swallow_what_they_do_not_know() -> None:
    assert {name for name in FILES if any(map(swallows, ast.walk(tree(name))))} == CATCH_EVERYTHING


def test_every_room_says_what_it_is() -> None:
    rooms = [name for name in FILES if name.endswith("/__init__.py")]
    assert [name for name in rooms if not ast.get_docstring(tree(name))] == []

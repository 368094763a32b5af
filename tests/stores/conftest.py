"""One suite for every database."""

from pathlib import Path

import pytest

from tests.kit.postgresql import make_database
from tests.stores.backends import Backend, Postgresql, Sqlite


@pytest.fixture(scope="module")
def database() -> str:
    """The URL of a PostgreSQL database for the tests of a module."""
    return make_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return Sqlite(tmp_path)
    return Postgresql(request.getfixturevalue("database"), tmp_path)

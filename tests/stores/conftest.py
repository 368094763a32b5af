"""One suite for every database."""

from pathlib import Path

import pytest

from tests.stores.backends import Backend, Sqlite


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """An empty database of each kind."""
    return Sqlite(tmp_path)

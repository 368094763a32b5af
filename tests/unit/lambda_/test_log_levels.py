"""Which lines of a function's own are kept at which level."""

import pytest

from penstock.services.lambda_.functions.log_levels import Level


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ('{"level": "debug"}', Level.DEBUG),
        ('{"level": "WARNING", "message": "as Python calls it"}', Level.WARN),
        ('{"level": "CRITICAL"}', Level.FATAL),
        ('{"level": "trace"}', Level.TRACE),
        ('{"level": "unheard of"}', Level.INFO),
        ('{"level": 5}', Level.INFO),
        ('{"level": {"level": "ERROR"}}', Level.INFO),
        ("{}", Level.INFO),
        ("{" * 5000, Level.INFO),
        ('["level"]', Level.INFO),
        ("ERROR in plain text", Level.INFO),
    ],
)
def test_a_line_has_the_level_that_it_names_in_json_or_else_info(line: str, level: Level) -> None:
    assert [least.admits(line) for least in Level] == [least <= level for least in Level]

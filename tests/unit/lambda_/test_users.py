"""A user of the machine is one worker's, and nobody else's as long as anything runs with it."""

import os
import subprocess

import pytest

from penstock.config import Config
from penstock.services.lambda_.runtime.sandbox.left_behind import end_all_of
from penstock.services.lambda_.runtime.sandbox.users import take_user

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives workers users of their own")


@root
def test_a_user_is_taken_once() -> None:
    first, second = take_user(), take_user()
    assert first.uid != second.uid
    first.release()
    second.release()


@root
def test_a_user_with_whom_something_still_runs_is_not_given_to_the_next() -> None:
    first = take_user()
    left = subprocess.Popen(["/bin/sleep", "60"], user=first.uid, cwd="/", env={}, start_new_session=True)
    try:
        first.release()
        second = take_user()
        second.release()
        assert second.uid != first.uid
        end_all_of(first.uid)
        assert left.wait(10) == -9
    finally:
        left.kill()
        left.wait()


@pytest.mark.parametrize(
    ("settings", "required"),
    [
        ({}, False),
        ({"host": "127.0.0.2"}, False),
        ({"host": "::1"}, False),
        ({"host": "0.0.0.0"}, True),
        ({"host": "192.0.2.1"}, True),
        ({"host": "0.0.0.0", "isolation": "auto"}, False),
        ({"isolation": "require"}, True),
    ],
)
def test_isolation_is_required_of_a_server_that_others_can_reach(
    settings: dict[str, str], required: bool
) -> None:
    assert Config(**settings).requires_isolation is required  # type: ignore[arg-type]

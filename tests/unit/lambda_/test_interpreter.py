"""Which interpreter runs a function."""

import sys
from pathlib import Path

import pytest

from penstock.services.lambda_.runtime import probe
from penstock.services.lambda_.runtime.interpreter import find_interpreter


def place(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_version_that_is_not_here_is_replaced_by_the_server_s_and_the_function_is_told() -> None:
    found = find_interpreter("python3.99", None)
    assert found.version == sys.version.split()[0]
    assert "python3.99 with awslambdaric is not on this machine" in found.note


def test_an_interpreter_without_aws_s_client_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(tmp_path, "python3.99", "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert find_interpreter("python3.99", None).version == sys.version.split()[0]


def test_an_interpreter_that_does_not_answer_is_no_reason_to_take_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(tmp_path, "python3.99", "exec sleep 600")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(probe, "_TIMEOUT_S", 0.2)
    with pytest.raises(TimeoutError):
        find_interpreter("python3.99", None)

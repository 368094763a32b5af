"""Which interpreter runs a function."""

import os
import sys
from pathlib import Path

import pytest

from penstock.services.lambda_.runtime import inventory as inventory_module
from penstock.services.lambda_.runtime.installed import installed
from penstock.services.lambda_.runtime.interpreter import find_interpreter, working
from penstock.services.lambda_.runtime.inventory import inventory
from penstock.services.lambda_.runtime.sandbox import probe
from penstock.services.lambda_.runtime.sandbox.isolation import LANGUAGE_FOLDER, shows_folders_here
from penstock.services.lambda_.runtime.sandbox.users import take_user


def place(folder: Path, name: str, script: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
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


def test_interpreters_of_pyenv_uv_and_conda_are_found_the_newest_first(tmp_path: Path) -> None:
    names = (
        "on-path/python3.99",
        ".pyenv/versions/3.99.10/bin/python3.99",
        ".pyenv/versions/3.99.9/bin/python3.99",
        ".local/share/uv/python/cpython-3.99.1-linux-x86_64-gnu/bin/python3.99",
        "miniconda3/envs/own/bin/python3.99",
        "miniconda3/bin/python3.99",
    )
    for name in (*names, ".pyenv/shims/python3.99", "elsewhere/bin2/python3.99"):
        path = tmp_path / name
        place(path.parent, path.name, "exit 1")
    path = f"{tmp_path}/.pyenv/shims:{tmp_path}/on-path:{tmp_path}/nowhere"

    assert list(installed("python3.99", {"PATH": path}, tmp_path)) == [f"{tmp_path}/{name}" for name in names]

    moved = {"PATH": "", "PYENV_ROOT": f"{tmp_path}/elsewhere", "UV_PYTHON_INSTALL_DIR": f"{tmp_path}/uv"}
    assert list(installed("python3.99", moved, tmp_path)) == [f"{tmp_path}/{name}" for name in names[4:]]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has users for functions")
def test_an_interpreter_in_a_private_folder_is_put_where_functions_can_run_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shows_folders_here():
        pytest.skip("this machine allows no namespaces")
    (tmp_path / "private").mkdir(mode=0o700)
    home = tmp_path / "private/3.99.7"
    place(home / "bin", "python3.99", "echo 3.99.7")
    monkeypatch.setenv("PATH", f"{home}/bin", prepend=":")
    user = take_user()
    try:
        assert [*working("python3.99", user.uid, shows_folders=False)] == []
        (found,) = working("python3.99", user.uid, shows_folders=True)
    finally:
        user.release()
    assert (found.path, found.version) == (f"{LANGUAGE_FOLDER}/bin/python3.99", "3.99.7")
    assert found.shown == ((str(home), LANGUAGE_FOLDER),)


def test_what_runs_each_runtime_is_listed_with_what_would_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = f"python3.{sys.version_info.minor}"
    place(tmp_path / "bin", "python3.99", "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin", prepend=":")
    monkeypatch.setattr(inventory_module, "PYTHONS", (own, "python3.98", "python3.99"))

    here, missing, bare, *os_only = inventory()

    assert [one.runtime for one in os_only] == ["provided.al2023", "provided.al2"]

    assert here.runtime == own
    assert not missing.own
    assert "`uv python install 3.98`" in missing.unused[0]
    assert bare.version == here.version
    command = f"{tmp_path}/bin/python3.99 -m pip install awslambdaric boto3"
    assert bare.unused == (f"{tmp_path}/bin/python3.99: has no awslambdaric: `{command}`",)

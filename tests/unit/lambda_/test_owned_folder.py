"""Nothing is removed with all it holds unless it is provably ours and dead."""

import os
from pathlib import Path

import pytest

from penstock.services.lambda_.functions.owned_folder import PREFIX, OwnedFolder, dead_folders
from penstock.testing import LocalServer


def abandon(folder: OwnedFolder) -> Path:
    """Returns where the folder is, whose maker has ended as by SIGKILL."""
    os.close(folder._lock)
    return folder.path


def test_a_record_that_a_power_cut_left_empty_does_not_name_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, data = tmp_path / "home", tmp_path / "data"
    (home / "precious").mkdir(parents=True)
    (data / "functions").mkdir(parents=True)
    (data / "functions" / "unpacked").write_text("")  # where older versions wrote down what to remove
    monkeypatch.chdir(home)

    with LocalServer(data=data):
        pass

    assert (home / "precious").is_dir()


def test_the_copy_of_a_data_directory_does_not_take_the_live_server_s_folder(tmp_path: Path) -> None:
    alive = OwnedFolder.make(tmp_path)

    assert list(dead_folders(tmp_path)) == []
    assert alive.path.is_dir()

    path = abandon(alive)
    (dead,) = dead_folders(tmp_path)
    dead.close()
    assert not path.exists()


def test_a_folder_without_our_mark_is_not_ours(tmp_path: Path) -> None:
    for name, mark in (("none", None), ("empty", ""), ("other", "Made by somebody else")):
        folder = tmp_path / f"{PREFIX}{name}"
        folder.mkdir()
        if mark is not None:
            (folder / ".penstock-owned").write_text(mark)

    assert list(dead_folders(tmp_path)) == []


def test_a_link_to_a_folder_of_ours_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(abandon(OwnedFolder.make(elsewhere)))

    assert list(dead_folders(tmp_path)) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make folders of another user's")
def test_a_folder_that_another_user_has_marked_is_not_ours(tmp_path: Path) -> None:
    path = abandon(OwnedFolder.make(tmp_path))
    os.chown(path, 12345, 12345)

    assert list(dead_folders(tmp_path)) == []


def test_only_entries_of_the_folder_are_removed(tmp_path: Path) -> None:
    folder = OwnedFolder.make(tmp_path)
    (folder.path / "entry").mkdir()
    (tmp_path / "precious").mkdir()

    folder.remove("entry")
    for name in ("", ".", "..", "../precious", str(tmp_path / "precious"), ".penstock-owned"):
        with pytest.raises(ValueError, match="no entry of"):
            folder.remove(name)

    assert (tmp_path / "precious").is_dir()
    assert os.listdir(folder.path) == [".penstock-owned"]
    folder.close()

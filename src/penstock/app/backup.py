"""Backups of a server that runs: the database as it is at one moment, and every body that it names.

What is removed meanwhile stays until the end, so that whatever the database names can be copied. Bodies that are in the
folder of backups already are not copied again.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.app.backup_folder import bodies_of, copy_files, name_of, write_manifest
from penstock.errors import AwsError, BodyDamaged, PenstockError
from penstock.server import Command
from penstock.store import DATABASE, DataLock, FileBodies, make_folder
from penstock.store.sqlite.snapshot import read_snapshot, write_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.app.application import App

_SMALL = ("credentials.json", "key.id", "time", "tls")
_POSTGRESQL = (
    "The state of this server is in PostgreSQL. Stop it, save the database with pg_dump, and copy these of its data "
    "directory: bodies, functions/code, database, key, key.id, credentials.json, time, tls."
)


class _Ended(Exception):
    """The server ends, and the backup with it."""


class Backups:
    """At most one backup at a time, made in a thread, and what became of the last one."""

    def __init__(self, app: "App") -> None:
        self._app = app
        self._running = False
        self._ending = False
        self._state: dict[str, Any] = {}

    def commands(self) -> dict[tuple[str, str], Command]:
        """Returns what root may ask."""
        return {("POST", "backup"): self.start, ("GET", "backup"): self.status}

    async def start(self, args: "Mapping[str, Any]") -> dict[str, Any]:
        """Begins a backup into the folder ``dest`` on the server's machine, and answers as ``status`` does.

        AwsError when one is under way, when ``dest`` is no absolute path, or this store cannot be copied so.
        """
        dest = Path(str(args.get("dest", "")))
        self._check(dest)
        self._running = True
        self._state = {"step": "database", "done": 0, "total": 0, "dest": str(dest)}
        self._app.supervisor.spawn("backup", self._run(dest))
        return await self.status(args)

    async def status(self, args: "Mapping[str, Any]") -> dict[str, Any]:
        """Answers how far the backup is: ``step``, ``done`` of ``total``, and in the end what came of it.

        ``damaged`` are bodies that are not in it, because the disk has not kept them; ``error`` says why there is none.
        """
        return {"running": self._running, **self._state}

    def end(self) -> None:
        """Breaks off what is under way; what was copied is of use to the next one."""
        self._ending = True

    def _check(self, dest: Path) -> None:
        config = self._app.config
        if self._running:
            raise AwsError("BackupInProgress", "A backup is under way.", status=409)
        if config.store or config.memory:
            text = _POSTGRESQL if config.store else "What a server with --memory has is not kept."
            raise AwsError("BackupNotSupported", text, status=409)
        if not dest.is_absolute():
            raise AwsError("ValidationError", "dest must be an absolute path.", status=400)
        if dest.resolve().is_relative_to(self._app.folder.resolve()):
            raise AwsError("ValidationError", "dest must not lie in the data directory.", status=400)

    async def _run(self, dest: Path) -> None:
        try:
            await asyncio.to_thread(self._back_up, dest)
        except (OSError, PenstockError) as error:
            self._state["error"] = str(error)
        except _Ended:
            self._state["error"] = "the server ended"
        finally:
            if "backup" not in self._state:
                self._state.setdefault("error", "the server's log says why")
            self._running = False

    def _back_up(self, dest: Path) -> None:
        lock = DataLock(dest)
        try:
            with ExitStack() as held:
                for bodies in self._stores().values():
                    held.enter_context(bodies.held())
                made_ms = self._app.clock.now_ms()
                folder = dest / name_of(made_ms)
                make_folder(folder)
                try:
                    write_snapshot(self._app.folder / DATABASE, folder / DATABASE, self._report)
                    lost = self._copy_bodies(dest, folder)
                except BaseException:
                    (folder / DATABASE).unlink(missing_ok=True)  # it is large, and no use without the rest
                    raise
            self._copy_small(folder)
            write_manifest(folder, made_ms, lost)
            self._state["backup"] = folder.name
        finally:
            lock.release()

    def _copy_bodies(self, dest: Path, folder: Path) -> list[str]:
        """Returns the bodies that could not be copied, for the disk has not kept them."""
        named = {
            place: sorted(read_snapshot(folder / DATABASE, refs))
            for service in self._app.services
            for place, refs in service.bodies.items()
        }
        total = sum(len(refs) for refs in named.values())
        self._state |= {"step": "bodies", "done": 0, "total": total, "copied": 0, "damaged": []}
        lost = []
        for done, (bodies, kept, ref) in enumerate(self._each(dest, named), 1):
            try:
                bodies.complete(ref)
                self._state["copied"] += kept.take(ref, bodies)
            except BodyDamaged as damage:
                self._state["damaged"].append(str(damage))
                lost.append(ref)
            self._report(done, total)
        return lost

    def _each(self, dest: Path, named: dict[str, list[str]]) -> Iterator[tuple[FileBodies, FileBodies, str]]:
        stores = self._stores()
        for place, refs in named.items():
            kept = bodies_of(dest, place)
            yield from ((stores[place], kept, ref) for ref in refs)

    def _copy_small(self, folder: Path) -> None:
        config = self._app.config
        copy_files(self._app.folder, folder, _SMALL if config.key_file else (*_SMALL, "key"))
        not_copied = []
        if config.key_file:
            not_copied.append(f"the key file {config.key_file}, without which no secret can be opened")
        if config.accounts:
            not_copied.append("the root keys that the setting accounts names")
        self._state |= {
            "secrets": [name for name in ("credentials.json", "key", "tls") if (folder / name).exists()],
            "not_copied": not_copied,
        }

    def _stores(self) -> dict[str, FileBodies]:
        return {
            place: bodies for service in self._app.services for place, bodies in service.body_stores().items()
        }

    def _report(self, done: int, total: int) -> None:
        if self._ending:
            raise _Ended
        self._state |= {"done": done, "total": total}

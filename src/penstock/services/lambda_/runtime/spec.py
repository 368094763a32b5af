"""What a worker's process is to become, and what it is to see of the machine."""

import os
from dataclasses import replace
from pathlib import Path

from penstock.config import Config
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.runtime.entrypoint import Entrypoint
from penstock.services.lambda_.runtime.environment import worker_command
from penstock.services.lambda_.runtime.interpreter import Interpreter
from penstock.services.lambda_.runtime.layout import Layout
from penstock.services.lambda_.runtime.sandbox.control_group import ControlGroup
from penstock.services.lambda_.runtime.sandbox.process import ProcessSpec


def worker_spec(
    config: Config,
    function: Function,
    interpreter: Interpreter,
    layout: Layout,
    env: dict[str, str],
    *,
    entrypoint: Entrypoint | None,
    uid: int | None,
    isolated: bool,
) -> ProcessSpec:
    """Returns the process, which ``entrypoint`` begins when the function brings its own runtime.

    It sees nothing of the server's files but what it needs.
    """
    secrets = (config.data_dir(), config.key_file, config.tls_key, _clients_settings())
    return ProcessSpec(
        [layout.path(entrypoint.path)] if entrypoint else worker_command(function, interpreter, layout),
        env,
        layout.task,
        uid,
        layout.temporary,
        keep=(layout.task, layout.runtime, layout.temporary, layout.opt, *interpreter.folders),
        hidden=tuple(str(path) for path in secrets if path),
        shown=(*layout.shown, *interpreter.shown),
        isolated=isolated,
        max_file_bytes=function.settings["EphemeralStorage"]["Size"] * 1024 * 1024,
    )


def in_group(spec: ProcessSpec, group: ControlGroup, mounts: tuple[str, ...]) -> ProcessSpec:
    """Returns the process in its control group. It is not to see the ``mounts`` of groups, which its user may own."""
    return replace(spec, group=str(group.path), hidden=(*spec.hidden, *mounts))


def make_temporary(folder: Path, uid: int | None, ca_bundle: Path | None) -> Path | None:
    """Makes a worker's temporary folder; returns the copy of ``ca_bundle`` that the worker can read. Blocking."""
    folder.mkdir(mode=0o700)
    if uid is not None:
        os.chown(folder, uid, uid)
    if ca_bundle is None:
        return None
    readable = folder / ".ca-bundle.pem"
    readable.write_bytes(ca_bundle.read_bytes())
    readable.chmod(0o444)
    return readable


def _clients_settings() -> str:
    """Returns where AWS's clients look for keys and settings of the server's user, or "".

    Without HOME, which functions have not, they look where the machine says that this user's home is.
    """
    path = os.path.expanduser("~/.aws")
    return path if os.path.isabs(path) else ""

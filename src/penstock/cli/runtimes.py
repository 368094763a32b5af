"""``penstock runtimes``: what this machine has to run functions with."""

import sys

import orjson

from penstock.cli.terminal import plain
from penstock.services.lambda_.runtime.inventory import Found, inventory

_HOW_TO = """\
A runtime is run by an interpreter of its version that can import awslambdaric, AWS's client: one on the PATH, of pyenv
(PYENV_ROOT, ~/.pyenv), of uv (UV_PYTHON_INSTALL_DIR, ~/.local/share/uv) or of conda (~/miniconda3, /opt/conda, their
environments). Else the server's own runs it. A server that runs looks again when it is started anew.
"""


def print_runtimes(*, as_json: bool) -> None:
    """Prints a line for each runtime, and what could be done for those that another version runs."""
    found = inventory()
    if as_json:
        sys.stdout.writelines(orjson.dumps(one.entry()).decode() + "\n" for one in found)
        return
    for one in found:
        sys.stdout.write(plain(_line(one)) + "\n")
        sys.stdout.writelines(f"    {plain(reason)}\n" for reason in one.unused)
    sys.stdout.write(f"\n{_HOW_TO}")


def _line(one: Found) -> str:
    instead = "" if one.own else f" in the place of {one.runtime}"
    return f"{one.runtime}: {one.path} ({one.version}){instead}"

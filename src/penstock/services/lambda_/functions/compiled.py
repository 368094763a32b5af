"""What was compiled in a package: for which Python and machine, and whether that is the one at hand.

AWS takes every package, and the function dies of one that does not fit when it imports it. Many packages also work
without their compiled parts. So nothing is refused here: what does not fit is told, before somebody looks for it.

Sources: https://peps.python.org/pep-3149/, https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
"""

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_MODULE = re.compile(r"(?P<stem>.+?)\.(?P<tag>(?:cpython-|cp|pypy)[0-9][\w-]*)\.(?:so|pyd)")
_MODULE_TAG = re.compile(r"(?:cpython-|cp)3(?P<minor>[0-9]{1,3})-(?P<platform>.+)")
_WHEEL = re.compile(r"(?:.*/)?(?P<name>[^/]+)\.dist-info/WHEEL")
_MAX_WHEEL_BYTES = 65_536
_MAX_NAMES = 3


@dataclass(frozen=True, slots=True)
class Compiled:
    """``modules`` have for each compiled module the tags it comes with, ``wheels`` those of each distribution."""

    modules: dict[str, frozenset[str]]
    wheels: dict[str, frozenset[str]]

    def misfits(self, minor: int, machine: str) -> list[str]:
        """Returns the names of what runs on no Python 3.``minor`` on Linux on such a ``machine`` ("x86_64")."""
        wheels = [
            name
            for name, tags in self.wheels.items()
            if not any(_wheel_fits(tag, minor, machine) for tag in tags)
        ]
        modules = [
            f"{name}.{min(tags)}"
            for name, tags in self.modules.items()
            if not any(_module_fits(tag, minor, machine) for tag in tags)
        ]
        return sorted(wheels) + sorted(modules)


def compiled_in(archive: zipfile.ZipFile) -> Compiled:
    """Returns what was compiled in the zip, which ``check_zip`` has passed. Blocking."""
    modules: defaultdict[str, set[str]] = defaultdict(set)
    wheels: dict[str, frozenset[str]] = {}
    for entry in archive.infolist():
        if module := _MODULE.fullmatch(entry.filename):
            modules[module["stem"]].add(module["tag"])
        elif wheel := _WHEEL.fullmatch(entry.filename):
            with archive.open(entry) as file:
                text = file.read(_MAX_WHEEL_BYTES).decode("utf-8", "replace")
            wheels[wheel["name"]] = frozenset(_tags(text.splitlines()))
    found = {name: frozenset(tags) for name, tags in modules.items()}
    return Compiled(found, {name: tags for name, tags in wheels.items() if tags})


def misfit_sentence(misfits: list[str], python: str, machine: str) -> str:
    """Returns what is told of what does not fit the Python of the version ``python``, "" when all does."""
    if not misfits:
        return ""
    more = f" and {len(misfits) - _MAX_NAMES} more" if len(misfits) > _MAX_NAMES else ""
    named = ", ".join(map(_harmless, misfits[:_MAX_NAMES])) + more
    return f"compiled for another Python or machine than {python} on {machine}: {named}"


def _harmless(name: str) -> str:
    """Returns the name without what a log would take for a line of its own."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _tags(lines: Iterable[str]) -> Iterable[str]:
    return (line.removeprefix("Tag:").strip() for line in lines if line.startswith("Tag:"))


def _module_fits(tag: str, minor: int, machine: str) -> bool:
    found = _MODULE_TAG.fullmatch(tag)
    return (
        found is not None
        and int(found["minor"]) == minor
        and found["platform"].startswith(f"{machine}-linux")
    )


def _wheel_fits(tag: str, minor: int, machine: str) -> bool:
    python, abi, platform = [*tag.rsplit("-", 2), "", ""][:3]
    if platform != "any" and not ("linux" in platform and platform.endswith(machine)):
        return False
    if python in ("py3", "py2.py3"):
        return True
    digits = python.removeprefix("cp3")
    if not digits.isascii() or not digits.isdigit() or len(digits) > _MAX_NAMES:
        return False
    return int(digits) <= minor if abi == "abi3" else int(digits) == minor

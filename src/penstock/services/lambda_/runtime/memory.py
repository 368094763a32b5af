"""How much memory a process uses, from ``/proc``; 0 where there is no such thing, so nothing is limited there."""

import os

_PAGE = os.sysconf("SC_PAGE_SIZE")
_MB = 1024 * 1024


def resident_mb(pid: int) -> int:
    """Returns what the process has in memory now."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE // _MB
    except (OSError, IndexError):
        return 0  # it has gone


def peak_mb(pid: int) -> int:
    """Returns the most that the process has ever had in memory."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            status = file.read()
    except OSError:
        return 0
    at = status.find(b"VmHWM:")
    return int(status[at + 6 :].split(None, 1)[0]) // 1024 if at >= 0 else 0

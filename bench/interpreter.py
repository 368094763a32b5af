"""What runs the server: the same code is faster in an interpreter that was built with a profile."""

import platform
import sysconfig

_OPTIONS = {"--enable-optimizations": "profile", "--with-lto": "link-time optimisation"}


def interpreter() -> str:
    """Returns its version and what it says of how it was built; some are built with a profile and do not say."""
    configured = sysconfig.get_config_var("CONFIG_ARGS") or ""
    found = [name for option, name in _OPTIONS.items() if option in configured]
    built = (
        f"built with {' and '.join(found)}"
        if found
        else "which does not say that it was built with a profile"
    )
    return f"{platform.python_implementation()} {platform.python_version()}, {built}"

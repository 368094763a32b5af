"""The composition root: the only room that knows every service and the only one that starts tasks.

It promises: one process per data directory; what a former process left is taken up before the first answer; a stop
lets what runs finish. May import: everything below.
"""

from penstock.app.application import SERVICES, App
from penstock.app.serve import Server, serve

__all__ = ["SERVICES", "App", "Server", "serve"]

"""A Penstock in your test process, whose time you can move.

    with penstock.testing.LocalServer() as server:
        s3 = server.client("s3")
        server.clock.advance(3600)
        server.settle()

It promises: a real server on a free loopback port, with a temporary data directory; when ``settle`` returns,
nothing is due or running. May import: everything below.
"""

from penstock.testing.server import LocalServer

__all__ = ["LocalServer"]

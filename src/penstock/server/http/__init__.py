"""HTTP/1.1 on the wire: bytes to ``Request`` and ``WireResponse`` to bytes, over httptools' parser.

It promises: nobody holds more than the limits say, in bytes or in time, before or after a request is understood; what
is ambiguous is refused, never guessed; an answer goes out in one write when it is whole. May import: wire, the ground.
"""

from penstock.server.http.limits import Limits
from penstock.server.http.listener import Listener
from penstock.server.http.proxies import Proxies

__all__ = ["Limits", "Listener", "Proxies"]

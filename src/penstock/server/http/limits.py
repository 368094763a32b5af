"""What one connection may take of the server, and for how long."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, counts and seconds.

    ``head_bytes`` and ``headers`` bound the request line with its headers, and the trailers behind a body.
    ``buffer_bytes`` of a body are read ahead of whoever takes it; ``pipelined`` requests may wait behind one
    before no more is read, ``pipelined_at_once`` when they come in one piece.
    ``whole_bytes`` may be held by bodies that are read whole before they are understood, ``whole_bytes_per_address`` by
    those from one address; the first 64 KiB of each do not count, and what is streamed to a file does not.
    ``head_s`` is the time for a whole head, ``body_s`` and ``answer_s`` that without any progress, ``idle_s`` that
    between requests, ``linger_s`` and ``linger_bytes`` what is read of a body that nobody wants, so
    that its sender reads why.
    """

    head_bytes: int = 64 * 1024
    headers: int = 200
    buffer_bytes: int = 256 * 1024
    whole_bytes: int = 256 * 1024 * 1024
    whole_bytes_per_address: int = 128 * 1024 * 1024
    pipelined: int = 16
    pipelined_at_once: int = 1000
    head_s: int = 20
    body_s: int = 20
    answer_s: int = 60
    idle_s: int = 65
    linger_s: int = 5
    linger_bytes: int = 8 * 1024 * 1024
    connections: int = 10_000
    connections_per_address: int = 5_000

"""What is said of a text that is no query."""


class MalformedQuery(Exception):
    """The text is no query; ``start`` and ``end`` say where it is none."""

    def __init__(self, reason: str, start: int, end: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.start = start
        self.end = end

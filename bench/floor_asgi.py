"""The limit of the HTTP part: reads the body, answers 200, does nothing else. Served by uvicorn."""

_START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
_END = {"type": "http.response.body", "body": b""}


async def app(scope, receive, send):
    """Answers 200 once the request's body has arrived."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send(_START)
    await send(_END)

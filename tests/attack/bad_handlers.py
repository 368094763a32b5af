"""Handlers that do what a handler should not, and what AWS's answer to each is. ``pass`` ends in the answer "well"."""

from dataclasses import dataclass

EXIT, TIMEOUT, WELL = "Runtime.ExitError", "Sandbox.Timedout", '"well"'


@dataclass(frozen=True)
class BadHandler:
    """``body`` runs when the event asks for it, ``module`` at import; ``answer`` is in the payload, always."""

    body: str
    answer: str
    module: str = ""
    seconds: int = 20
    slow: bool = False


def _import_fails(module: str, answer: str, *, slow: bool = False) -> BadHandler:
    return BadHandler("pass", answer, module, 2, slow)


HANDLERS = {
    "calls sys.exit": BadHandler("import sys; sys.exit(3)", EXIT),
    "calls os._exit": BadHandler("os._exit(7)", EXIT),
    "kills itself": BadHandler("os.kill(os.getpid(), 9)", EXIT),
    "segfaults by ctypes": BadHandler("import ctypes; ctypes.string_at(0)", EXIT),
    "forks within its limits": BadHandler(
        """
        children = []
        try:
            while len(children) < 5000:
                pid = os.fork()
                if pid == 0:
                    time.sleep(600)
                    os._exit(0)
                children.append(pid)
        except OSError:
            pass
        """,
        WELL,
        slow=True,
    ),
    "writes without end": BadHandler("while True: print('x' * 1000)", TIMEOUT, seconds=1, slow=True),
    "writes 20 MB": BadHandler("print(('x' * 999 + '\\n') * 20_000)", WELL, slow=True),
    "closes its descriptors": BadHandler("os.closerange(3, 1000)", WELL, slow=True),
    "closes standard output": BadHandler(
        """
        for fd in (1, 2):
            try:
                os.close(fd)
            except OSError:
                pass
        """,
        WELL,
    ),
    "sleeps past its time-out": BadHandler("time.sleep(60)", TIMEOUT, seconds=1),
    "ignores SIGTERM": BadHandler(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", TIMEOUT, seconds=1
    ),
    "catches every signal": BadHandler(
        """
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, lambda *_: None)
        """,
        WELL,
    ),
    "eats memory": BadHandler("kept = [b'x' * (1 << 20) for _ in range(4000)]", EXIT, seconds=20, slow=True),
    "leaves threads behind": BadHandler(
        "[threading.Thread(target=time.sleep, args=(600,), daemon=True).start() for _ in range(50)]", WELL
    ),
    "leaves a child behind": BadHandler(
        "subprocess.Popen(['sleep', '654.3'], start_new_session=True, close_fds=True)", WELL
    ),
    "fills /tmp": BadHandler(
        """
        try:
            with open("/tmp/full", "wb") as file:
                for _ in range(600):
                    file.write(bytes(1 << 20))
        except OSError:
            pass
        os.path.exists("/tmp/full") and os.unlink("/tmp/full")
        """,
        WELL,
        slow=True,
    ),
    "returns what is no JSON": BadHandler("return {1, 2}", "Runtime.MarshalError"),
    "returns 7 MB": BadHandler("return 'x' * 7_000_000", "Function.ResponseSizeTooLarge"),
    "raises at import": _import_fails("raise RuntimeError('no')", "RuntimeError"),
    "takes for ever at import": _import_fails("time.sleep(600)", TIMEOUT, slow=True),
    "deletes its own code": BadHandler(
        """
        try:
            os.unlink(__file__)
        except OSError:
            pass
        """,
        WELL,
    ),
    "changes its folder": BadHandler("os.chdir('/')", WELL),
    "recurses to the limit": BadHandler("down = lambda: down(); down()", "RecursionError"),
    "changes its environment": BadHandler("os.environ.clear()", WELL),
}

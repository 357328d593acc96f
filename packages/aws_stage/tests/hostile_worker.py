"""A worker that does what it is told to, however bad: the counterpart of the tests of ``local.workers``."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import Any

from aws_stage.workers.loop import serve


class Stop:
    """The stop of one request."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def cancel(self) -> None:
        self.asked.set()


def respond(request: dict[str, Any], stop: Stop) -> dict[str, Any]:
    match request["do"]:
        case "echo":
            print("what is printed is no answer")
            return {"echo": request["text"], "pid": os.getpid()}
        case "wait":
            if "begun" in request:
                Path(request["begun"]).touch()
            return {"asked": stop.asked.wait(60)}
        case "backtrack":
            re.search("(a+)+$b", "a" * 100_000)
        case "abort":
            os.abort()
        case "exit":
            os._exit(3)
        case "hoard":
            try:
                bytearray(request["bytes"])
            except MemoryError:
                return {"memory": "exhausted"}
    return {}


if __name__ == "__main__":
    serve(Stop, respond, 1024**3)

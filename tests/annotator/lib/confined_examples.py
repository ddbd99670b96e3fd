"""What a child is asked to do in test_confined.py."""

import os
import tempfile
import time
from typing import Any

from annotator.lib.confined import Refused


def run(act: str) -> Any:
    match act:
        case "answer":
            return {"pid": os.getpid()}
        case "print":
            print("a library that talks")
            return "quiet"
        case "refuse":
            raise Refused("too_many_pixels", "It has too many pixels.")
        case "memory":
            return len(bytearray(2 * 1024**3))
        case "write":
            with tempfile.TemporaryFile() as file:
                return file.write(bytes(2 * 1024**2))
        case "sleep":
            time.sleep(60)
        case "die":
            os.kill(os.getpid(), 11)
        case "environment":
            return sorted(os.environ)
    raise ValueError(act)

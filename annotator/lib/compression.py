"""Stored files that are sent compressed: once by brotli when they are stored, so that no request waits for it."""

import brotli

from annotator.lib import storage

QUALITY = 5
"""Measured on the official models' packed decoder of 9.4 MB, on a busy machine: 7.54 MB in 4 s at 5, 7.44 in 44 s at
9, 7.33 in 260 s at 11. Nobody should wait for the last 3 %."""
WINDOW_BITS = 24  # the largest that all browsers take


def put_compressed(sha256: str) -> str:
    """Store a brotli-compressed copy of a stored file; returns the copy's SHA-256."""
    return storage.put_bytes(brotli.compress(storage.read(sha256), quality=QUALITY, lgwin=WINDOW_BITS))

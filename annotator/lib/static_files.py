"""Static files for production: collected and compressed once, so that no request waits for a compressor."""

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedStaticFilesStorage


class QuickCompressor(Compressor):
    """Brotli at 9 instead of 11: the decoder's 14 MB of WebAssembly take 3 s instead of 45 s, and grow by a seventh."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return brotli.compress(data, quality=9)


class CompressedStorage(CompressedStaticFilesStorage):
    def create_compressor(self, **kwargs: object) -> Compressor:
        return QuickCompressor(**kwargs)

"""COCO's run-length encoding of binary masks, plain and compressed.

A mask of shape (h, w) is read column by column; `counts` alternate between runs of zeros and ones, starting with zeros.
The compressed form writes each count (from the fourth on, its difference to the one two before) in characters of five
bits: 0x20 = more follow, 0x10 = sign, + 48. Numpy only, and strict: a string that does not describe a mask of exactly
this size raises `InvalidRle`, since decoders elsewhere read past their memory on it.
"""

import numpy as np
from numpy.typing import NDArray

MAX_PIXELS = 400_000_000  # more than any photo the product takes, and small enough to allocate
_MAX_CHARACTERS_PER_COUNT = 7  # 35 bits: more than any count of MAX_PIXELS needs

Counts = NDArray[np.int64]


class InvalidRle(ValueError):
    """This is no mask of this size; the message says why."""


def encode(mask: NDArray[np.bool_] | NDArray[np.uint8]) -> str:
    """Compressed counts of a binary mask of shape (h, w)."""
    return counts_to_string(mask_to_counts(mask))


def decode(size: tuple[int, int], counts: str) -> NDArray[np.bool_]:
    """The mask, bool (h, w), that compressed counts describe. Raises InvalidRle."""
    return counts_to_mask(size, validate(size, counts))


def mask_to_counts(mask: NDArray[np.bool_] | NDArray[np.uint8]) -> Counts:
    """Run lengths of a binary mask of shape (h, w), column by column, starting with zeros (the first may be 0)."""
    if mask.ndim != 2 or mask.size == 0:
        raise ValueError(f"a mask has two dimensions and at least one pixel, not shape {mask.shape}")
    flat = np.asarray(mask, dtype=bool).ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate(([0], changes, [flat.size]))
    counts = np.diff(edges)
    return np.concatenate(([0], counts)) if flat[0] else counts


def counts_to_mask(size: tuple[int, int], counts: Counts) -> NDArray[np.bool_]:
    """The inverse of `mask_to_counts`: bool (h, w). The counts must add up to h·w."""
    height, width = size
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape((height, width), order="F")


def counts_to_string(counts: Counts) -> str:
    """Compressed form of counts."""
    rest = np.asarray(counts, dtype=np.int64).copy()
    rest[3:] -= np.asarray(counts, dtype=np.int64)[1:-2]
    characters = np.zeros((len(rest), _MAX_CHARACTERS_PER_COUNT), dtype=np.uint8)
    unfinished = np.ones(len(rest), dtype=bool)
    for position in range(_MAX_CHARACTERS_PER_COUNT):
        bits = rest & 0x1F
        rest >>= 5  # arithmetic: a negative difference ends at -1, a positive one at 0
        more = np.where(bits & 0x10, rest != -1, rest != 0)
        characters[:, position] = np.where(unfinished, bits + np.where(more, 0x20, 0) + 48, 0)
        unfinished &= more
        if not unfinished.any():
            break
    return characters[characters > 0].tobytes().decode("ascii")


def string_to_counts(text: str) -> Counts:
    """Counts of the compressed form. Raises InvalidRle where the text is not one."""
    try:
        codes = np.frombuffer(text.encode("ascii"), dtype=np.uint8).astype(np.int64) - 48
    except UnicodeEncodeError as error:
        raise InvalidRle("counts hold a character that is not ASCII") from error
    if codes.size == 0:
        raise InvalidRle("counts are empty")
    if codes.min() < 0 or codes.max() > 0x3F:
        raise InvalidRle("counts hold a character outside '0' to 'o'")
    last = (codes & 0x20) == 0
    if not last[-1]:
        raise InvalidRle("counts end in the middle of a number")
    ends = np.flatnonzero(last)
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > _MAX_CHARACTERS_PER_COUNT:
        raise InvalidRle("counts hold a number that is too long")
    shifts = 5 * (np.arange(codes.size) - np.repeat(starts, lengths))
    values = np.add.reduceat((codes & 0x1F) << shifts, starts)
    negative = (codes[ends] & 0x10) != 0
    values -= np.where(negative, np.left_shift(1, 5 * lengths), 0)
    # Each count from the fourth on is stored as the difference to the one two before it.
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def validate(size: tuple[int, int], counts: str) -> Counts:
    """The counts, if they describe a mask of this size (h, w) in the one canonical way; else raises InvalidRle."""
    height, width = size
    if not (height > 0 and width > 0 and height * width <= MAX_PIXELS):
        raise InvalidRle(f"a mask of {height}×{width} pixels is outside the limits (1 to {MAX_PIXELS:,} pixels)")
    runs = string_to_counts(counts)
    if runs[0] < 0 or (runs[1:] <= 0).any():
        raise InvalidRle("counts hold a run of no or negative length")
    # Runs are bounded before they are added up, so that a sum cannot wrap around.
    if (runs > height * width).any() or int(runs.sum()) != height * width:
        raise InvalidRle(f"counts do not add up to the {height * width} pixels of a {height}×{width} mask")
    if counts_to_string(runs) != counts:
        raise InvalidRle("counts hold a number written longer than need be")
    return runs


def area(counts: Counts) -> int:
    """Number of pixels set."""
    return int(counts[1::2].sum())


def bbox(size: tuple[int, int], counts: Counts) -> tuple[int, int, int, int]:
    """Smallest box around the mask as COCO's (x, y, width, height) in pixels; (0, 0, 0, 0) of an empty mask."""
    height = size[0]
    ends = np.cumsum(counts)[1::2]
    if ends.size == 0:
        return (0, 0, 0, 0)
    starts = ends - counts[1::2]
    left, right = starts // height, (ends - 1) // height
    in_one_column = left == right
    top = int(np.where(in_one_column, starts % height, 0).min())
    bottom = int(np.where(in_one_column, (ends - 1) % height, height - 1).max())
    x, x_last = int(left.min()), int(right.max())
    return (x, top, x_last - x + 1, bottom - top + 1)

"""The throughput as CSV, safe to open in a spreadsheet."""

import csv
import io
from dataclasses import asdict, fields
from typing import Any

from annotator.dashboards.figures import Throughput
from annotator.dashboards.throughput import Row

FIGURES = [field.name for field in fields(Row)]
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
ALL_DAYS = "all days"
EVERYONE = "(everyone)"  # no user name holds a bracket


def cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is quoted with an apostrophe; nothing becomes empty."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def csv_text(found: Throughput) -> str:
    """One line per day and annotator, then per annotator over all days, then the total."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["day", "annotator", "limit_seconds", *FIGURES])
    lines = [(str(one.day), one.username, one.figures) for one in found.days]
    lines += [(ALL_DAYS, one.username, one.figures) for one in found.annotators]
    lines.append((ALL_DAYS, EVERYONE, found.total))
    for day, username, figures in lines:
        writer.writerow(map(cell, (day, username, found.limit_seconds, *asdict(figures).values())))
    return out.getvalue()

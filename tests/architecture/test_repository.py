"""What must never be committed."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LARGEST_FILE = 1_000_000
MAY_BE_LARGER = {"sam_core/weights/builtin.safetensors": 20_000_000}


def tracked() -> list[str]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    return [name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


def test_files_stay_small():
    sizes = {name: (ROOT / name).stat().st_size for name in tracked()}
    assert not {name: size for name, size in sizes.items() if size > MAY_BE_LARGER.get(name, LARGEST_FILE)}


def test_lock_files_name_no_registry():
    locks = [
        name for name in tracked() if name.endswith(("package-lock.json", "requirements.txt", "requirements-dev.txt"))
    ]
    assert locks
    for name in locks:
        assert not re.search(r"https?://[^\"\s]*(npmjs|pypi|registry)", (ROOT / name).read_text()), name

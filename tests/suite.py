"""Every check of the repository, the fast ones first: `make test`, or some of them: `python -m tests.suite lint e2e`.

A failed step does not stop the later ones; the last lines say which failed. A step that hangs is ended after its limit.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.chromium import ensure_chromium

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable


@dataclass(frozen=True)
class Step:
    group: str
    name: str
    command: tuple[str, ...]
    limit_minutes: float
    folder: str = "."
    by_default: bool = True


# Files stay whole: what a file's tests share, such as the weights of a reference model, is made once.
SHARED_OUT = ("-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile")
# Each half has a product and a browser of its own, and waits more than it works.
TWO_PRODUCTS = ("-n", str(min(os.cpu_count() or 1, 2)), "--dist", "loadfile")
# Where database, broker and worker have a part; the decoder's and the pages' tests are about the browser.
SERVER_E2E = tuple(f"tests/e2e/test_{name}.py" for name in ("signing_in", "annotating", "models", "the_loop"))

STEPS = (
    Step("lint", "ruff check", (PYTHON, "-m", "ruff", "check", "."), 2),
    Step("lint", "ruff format", (PYTHON, "-m", "ruff", "format", "--check", "."), 2),
    Step("frontend", "Biome", ("npm", "run", "--silent", "lint"), 3, "frontend"),
    Step("frontend", "TypeScript types", ("npm", "run", "--silent", "check"), 5, "frontend"),
    Step("frontend", "TypeScript tests", ("npm", "run", "--silent", "test"), 5, "frontend"),
    Step("types", "mypy", (PYTHON, "-m", "mypy", "annotator", "sam_core", "tests", "benchmarks"), 8),
    Step("python", "Python tests", (PYTHON, "-m", "pytest", "-q", *SHARED_OUT, "--ignore=tests/e2e"), 15),
    Step("e2e", "end-to-end tests", (PYTHON, "-m", "pytest", "-q", *TWO_PRODUCTS, "tests/e2e"), 15),
    # For .ci/run on PostgreSQL and Redis: what the database cannot change is not run again.
    Step(
        "server",
        "Python tests of the server",
        (PYTHON, "-m", "pytest", "-q", *SHARED_OUT, "tests/annotator"),
        15,
        by_default=False,
    ),
    Step("server", "end-to-end tests of the server", (PYTHON, "-m", "pytest", "-q", *SERVER_E2E), 15, by_default=False),
)


def run_step(step: Step) -> tuple[bool, float]:
    """Runs one step in its own process group, its output as it comes. Returns whether it passed, and its seconds."""
    print(f"\n=== {step.name}: {' '.join(step.command).replace(PYTHON, 'python')}", flush=True)
    started = time.monotonic()
    process = subprocess.Popen(step.command, cwd=ROOT / step.folder, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        code = process.wait(step.limit_minutes * 60)
    except subprocess.TimeoutExpired:
        print(f"\n{step.name} did not end within {step.limit_minutes:g} minutes: it hangs. Ended it.", flush=True)
        code = 1
    finally:
        end_group(process)
    return code == 0, time.monotonic() - started


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """Nothing that a step started outlives it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        for _ in range(20):
            process.poll()
            try:
                os.killpg(process.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.1)


def chosen(groups: list[str]) -> list[Step]:
    known = {step.group for step in STEPS}
    if unknown := set(groups) - known:
        raise SystemExit(f"error: no such step: {', '.join(sorted(unknown))}. There are: {', '.join(sorted(known))}")
    return [step for step in STEPS if (step.group in groups if groups else step.by_default)]


def main(groups: list[str]) -> int:
    steps = chosen(groups)
    if any(step.group == "frontend" for step in steps) and shutil.which("npm") is None:
        raise SystemExit("error: npm is not on PATH. Start this with `make test`, which brings it.")
    results = []
    for step in steps:
        if step.group in ("e2e", "server"):
            ensure_chromium()
        results.append((step, *run_step(step)))
    print("\n=== summary")
    for step, passed, seconds in results:
        print(f"{'passed' if passed else 'FAILED':7} {seconds:6.1f} s  {step.name}")
    failed = [step.name for step, passed, _ in results if not passed]
    print(f"{len(failed)} of {len(results)} steps failed: {', '.join(failed)}" if failed else "Every step passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

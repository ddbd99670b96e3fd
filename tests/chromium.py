"""Finds a Chromium on this machine, or brings one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser", "chrome")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def works(path: str) -> bool:
    """Whether it starts: on Ubuntu `chromium-browser` may be a script that only tells one to install a snap."""
    try:
        answer = subprocess.run([path, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and b"Chrom" in answer.stdout


def from_playwright() -> str | None:
    """The one that `playwright install` downloaded, if any."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def find_chromium() -> str | None:
    """The path of a Chromium or Chrome that starts: CHROMIUM if set, then PATH, then Playwright's own."""
    named = os.environ.get("CHROMIUM")
    for candidate in [named] if named else [*filter(None, map(shutil.which, NAMES)), *MAC]:
        if candidate and works(candidate):
            return candidate
    return None if named else from_playwright()


def is_debian() -> bool:
    try:
        return "ID=debian" in Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return False


def ensure_chromium() -> str:
    """Like find_chromium, but installs one when there is none. Exits with a sentence when that is not possible."""
    found = find_chromium()
    if found is None and not os.environ.get("CHROMIUM"):
        if os.geteuid() == 0 and is_debian():
            env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            print("Installing Chromium with apt-get …", flush=True)
            subprocess.call(["apt-get", "update", "-qq"], env=env, stdout=subprocess.DEVNULL)
            install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
            subprocess.call(install, env=env, stdout=subprocess.DEVNULL)
        else:
            print("Installing Chromium with Playwright …", flush=True)
            subprocess.call([sys.executable, "-m", "playwright", "install", "chromium"])
        found = find_chromium()
    if found is None:
        sys.exit(
            "error: no Chromium could be started. Install Chromium or Chrome, or name one: CHROMIUM=/path make test"
        )
    return found

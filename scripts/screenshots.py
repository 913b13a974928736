"""Takes the pictures of the page that README and docs show, from a running server, with headless Chromium.

make demo && make serve      # in another terminal: the sample, whose titles may be shown
.venv/bin/python scripts/screenshots.py http://127.0.0.1:8000 --user 196
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

IMAGES = Path(__file__).parents[1] / "docs" / "images"
VIEWS = {"page-one-person": ("one", 860), "page-map": ("map", 980), "page-running": ("running", 1090)}
_WIDTH, _MILLISECONDS, _LONGEST = 1280, 20_000, 120


def main() -> None:
    """Take all of them."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("url")
    options.add_argument("--user", default="196")
    chosen = options.parse_args()
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("no Chromium is installed: apt install chromium")
    for name, (view, height) in VIEWS.items():
        take(browser, f"{chosen.url}/#/{view}?user={chosen.user}", height, IMAGES / f"{name}.png")


def take(browser: str, address: str, height: int, picture: Path) -> None:
    """One picture, as PNG of 1,280 pixels."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={profile}",
                f"--window-size={_WIDTH},{height}",
                f"--virtual-time-budget={_MILLISECONDS}",
                f"--screenshot={picture}",
                address,
            ],
            check=True,
            timeout=_LONGEST,
            stderr=subprocess.DEVNULL,
        )
    sys.stdout.write(f"{picture}\n")


if __name__ == "__main__":
    main()

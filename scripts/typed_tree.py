"""Lay out `pharos` in .cache/types as it is when installed, with links, for a type checker to walk.

Type checkers follow neither setuptools' `package_dir` nor the import hook of an editable installation.
"""

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TREE = ROOT / ".cache" / "types" / "pharos"


def main() -> None:
    """Make the tree anew."""
    rooms = [ROOT / room for room in runpy.run_path(str(ROOT / "setup.py"))["ROOMS"]]
    TREE.mkdir(parents=True, exist_ok=True)
    for old in TREE.iterdir():
        old.unlink()
    for entry in [*(ROOT / "pharos").iterdir(), *rooms]:
        if entry.name != "__pycache__":
            (TREE / entry.name).symlink_to(entry)


if __name__ == "__main__":
    main()

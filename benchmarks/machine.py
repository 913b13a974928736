"""What the machine and its packages are, for whoever reads figures elsewhere."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

_PACKAGES: Final = (
    "pharos",
    "numpy",
    "pandas",
    "tensorflow",
    "ai-edge-litert",
    "qdrant-edge-py",
    "qdrant-client",
    "fastapi",
    "sqlalchemy",
)


def machine() -> dict[str, Any]:
    """Cores, memory, load and versions."""
    return {
        "system": platform.platform(),
        "processor": _field(Path("/proc/cpuinfo"), "model name") or platform.processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "load": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def resident_mb(process: int) -> float:
    """The resident memory of a process and its children in MB, from /proc."""
    total = _status(process, "VmRSS")
    children = Path(f"/proc/{process}/task/{process}/children")
    return total + sum(resident_mb(int(child)) for child in children.read_text().split())


def peak_mb(process: int | None = None) -> float:
    """The highest resident memory that a process has had, in MB; of this one by default."""
    return _status(os.getpid() if process is None else process, "VmHWM")


def disk_mb(folder: Path) -> float:
    """What the files below a folder take on the disk, in MB; holes in them are free."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file()) / 2**20


def _status(process: int, name: str) -> float:
    value = _field(Path(f"/proc/{process}/status"), name)
    return int(value.split()[0]) / 1024 if value else float("nan")


def _field(file: Path, name: str) -> str:
    if not file.exists():
        return ""
    lines = (line.partition(":") for line in file.read_text("utf-8", errors="replace").splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "")

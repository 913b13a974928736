"""What an installation puts into a stranger's environment: the one package `pharos`, whole."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the sources, since building leaves files beside them."""
    sources, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/", "benchmarks/")):
            (sources / name).parent.mkdir(parents=True, exist_ok=True)
            (sources / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(out), "."]
    subprocess.run(command, cwd=sources, check=True, capture_output=True)
    return next(out.glob("pharos-*.whl"))


def test_a_wheel_holds_the_package_pharos_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"pharos"}


def test_a_wheel_holds_every_module_page_and_marker(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    rooms = ("ingest", "classics", "towers", "indexing", "evaluation", "serving")
    modules = {f"pharos/{file.relative_to(ROOT)}" for room in rooms for file in (ROOT / room).rglob("*.py")}
    assert modules - held == set()
    page = {f"pharos/{file.relative_to(ROOT)}" for file in (ROOT / "serving/web").rglob("*") if file.is_file()}
    assert {"pharos/py.typed", "pharos/serving/web/index.html", *page} <= held


def test_an_installed_pharos_leaves_a_package_called_serving_alone(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    (site / "serving").mkdir()
    (site / "serving" / "__init__.py").write_text("OWNER = 'somebody else'\n", encoding="utf-8")
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import serving, pharos, pharos.serving.settings as ours; "
        "print(serving.OWNER); print(pharos.__file__); print(ours.__file__)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    owner, package, settings = ran.stdout.split("\n")[:3]
    assert owner == "somebody else"
    assert package.startswith(str(site))
    assert settings == str(site / "pharos" / "serving" / "settings.py")

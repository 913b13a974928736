"""The architecture: the direction of imports, the size and names of files, the locks, the reasons of dependencies."""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Each package may import from those before it.
ROOMS = ("ingest", "classics", "towers", "indexing", "evaluation", "serving")
PACKAGES = (*ROOMS, "pharos")
# These stand above the packages: none of them imports these.
ABOVE = ("tests", "benchmarks", "scripts")
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-ray.lock")
# The rooms of `serving`, by the same rule: each may import from those before it.
SERVING = (
    "errors",
    "rule_settings",
    "settings",
    "store",
    "parts",
    "index_sync",
    "pipeline",
    "writes",
    "service",
    "operations",
    "api",
    "app",
)
MEANINGLESS_NAMES = re.compile(r"^_*(utils?|helpers?|common|misc)\d*$")


def python_files(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]


def imported_modules(source: str) -> Iterator[str]:
    """The full name of each module that the source imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_roots(source: str) -> Iterator[str]:
    """The first part of each imported module that tells packages apart: the room, if it is one of ours."""
    for module in imported_modules(source):
        yield module.removeprefix("pharos.").partition(".")[0]


def upward_imports(package: str, source: str) -> set[str]:
    forbidden = {*PACKAGES[PACKAGES.index(package) + 1 :], *ABOVE}
    return forbidden & set(imported_roots(source))


def pins(lock: str) -> set[str]:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return {line.removesuffix(" \\") for line in lines if "==" in line and not line.startswith((" ", "#"))}


def pinned_names(lock: str) -> set[str]:
    return {pin.partition("==")[0] for pin in pins(lock)}


def declared_dependencies(*without: str) -> set[str]:
    """Names of all packages in pyproject.toml but those of the extras given."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].items()
    requirements = [*project["dependencies"], *(r for extra, needed in extras if extra not in without for r in needed)]
    return {re.match(r"[\w.-]+", requirement)[0] for requirement in requirements}


@pytest.mark.parametrize(
    ("package", "source", "found"),
    [
        ("ingest", "import pharos.towers.bundle.bundle", {"towers"}),
        ("towers", "def f():\n    from pharos.serving.settings import Settings", {"serving"}),
        ("indexing", "from pharos.evaluation import metrics as m", {"evaluation"}),
        ("evaluation", "import benchmarks", {"benchmarks"}),
        ("serving", "from pharos import ingest, towers, indexing, evaluation", set()),
        ("indexing", "from .filters import Filter", set()),
    ],
)
def test_the_check_of_imports_sees_what_it_should(package: str, source: str, found: set[str]) -> None:
    assert upward_imports(package, source) == found


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_imports_upwards(package: str) -> None:
    files = python_files(package)
    found = {str(file.relative_to(ROOT)): upward_imports(package, file.read_text(encoding="utf-8")) for file in files}
    assert files
    assert {file: names for file, names in found.items() if names} == {}


def serving_room(file: Path) -> str:
    return file.relative_to(ROOT / "serving").parts[0].removesuffix(".py")


def test_the_rooms_of_serving_import_one_way() -> None:
    found = {
        str(file.relative_to(ROOT)): later
        for file in python_files("serving")
        if file.parent != ROOT / "serving" or file.stem != "__init__"
        if (
            later := {
                module
                for module in imported_modules(file.read_text(encoding="utf-8"))
                if module.startswith("pharos.serving.")
                and SERVING.index(module.split(".")[2]) > SERVING.index(serving_room(file))
            }
        )
    }
    assert found == {}


def test_no_two_files_of_serving_have_the_same_name() -> None:
    # A file of routes is named after what its addresses name.
    files = [file for file in python_files("serving") if file.parent.name != "routes" and file.stem != "__init__"]
    assert [name for name, count in Counter(file.name for file in files).items() if count > 1] == []


def test_nothing_imports_a_room_by_another_name_than_the_installed_one() -> None:
    found = {
        str(file.relative_to(ROOT)): named
        for file in python_files(*PACKAGES, *ABOVE)
        if (named := {m for m in imported_modules(file.read_text(encoding="utf-8")) if m.partition(".")[0] in ROOMS})
    }
    assert found == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_of_code_is_a_package_with_a_docstring(package: str) -> None:
    folders = {file.parent for file in python_files(package)}
    without = [
        str(folder.relative_to(ROOT))
        for folder in folders
        if not (folder / "__init__.py").is_file()
        or not ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    ]
    assert without == []


@pytest.mark.parametrize(
    ("library", "package"),
    [("tensorflow", "towers"), ("qdrant_client", "indexing"), ("qdrant_edge", "indexing")],
)
def test_a_heavy_library_is_imported_by_one_package_only(library: str, package: str) -> None:
    others = [name for name in PACKAGES if name != package]
    found = [
        str(file.relative_to(ROOT))
        for file in python_files(*others)
        if library in imported_roots(file.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_below_the_towers_keras_is_imported_in_one_place_when_a_method_trains_with_it() -> None:
    """The embedding models of the classics are Keras models, and classics may not import towers: so they load it by a
    function of their own, which sets the same switch, and no other method waits for TensorFlow to start."""
    files = python_files(*(name for name in PACKAGES if name != "towers"))
    found = [str(f.relative_to(ROOT)) for f in files if "tf_keras" in imported_roots(f.read_text(encoding="utf-8"))]
    assert found == ["classics/keras.py"]
    top = ast.parse((ROOT / found[0]).read_text(encoding="utf-8")).body
    assert "tf_keras" not in {alias.name for node in top if isinstance(node, ast.Import) for alias in node.names}


def lengths_of(files: list[Path]) -> dict[str, int]:
    return {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in files}


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = lengths_of(python_files(*PACKAGES, *ABOVE))
    assert {file: length for file, length in lengths.items() if length > 400} == {}


def test_half_of_the_source_files_are_shorter_than_130_lines() -> None:
    # Without `__init__.py` files, which are short, so that they do not hide long ones.
    lengths = lengths_of([file for file in python_files(*PACKAGES) if file.stem != "__init__"])
    assert median(lengths.values()) < 130


def test_no_module_has_a_name_without_meaning() -> None:
    modules = python_files(*PACKAGES, *ABOVE)
    assert [str(file.relative_to(ROOT)) for file in modules if MEANINGLESS_NAMES.match(file.stem)] == []
    assert [str(file.relative_to(ROOT)) for file in modules if MEANINGLESS_NAMES.match(file.parent.name)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert re.findall(r"https?://\S+|^--(?:extra-)?index-url.*|^(?:-i|-f|--find-links) .*", text, re.MULTILINE) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_brings_no_torch(lock: str) -> None:
    brought = {name for name in pinned_names(lock) if name.startswith(("torch", "nvidia-", "triton"))}
    assert brought | ({"sentence-transformers"} & pinned_names(lock)) == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_has_a_hash(lock: str) -> None:
    blocks = re.split(r"\n(?=\S)", (ROOT / lock).read_text(encoding="utf-8").strip())
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_is_part_of_the_development_lock() -> None:
    assert pins("requirements.lock") - pins("requirements-dev.lock") == set()


def test_what_the_project_declares_is_locked_but_for_torch_and_ray() -> None:
    assert declared_dependencies("sasrec", "ray") - pinned_names("requirements-dev.lock") == set()


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs/decisions/0001-dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([^`]+)` \| \S.*\|$", reasons, re.MULTILINE))
    assert explained == declared_dependencies()

"""What `import pharos` brings, and what it does not."""

import subprocess
import sys

import pytest

import pharos


def modules_after(code: str) -> set[str]:
    """The first parts of the names of all modules that are loaded after some code, in a process of its own."""
    told = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.split())


def test_importing_pharos_brings_nothing_heavy():
    assert not modules_after("import pharos") & {
        "tensorflow",
        "pandas",
        "numpy",
        "sqlalchemy",
        "fastapi",
        "qdrant_edge",
    }


@pytest.mark.parametrize("name", ["Dataset", "load", "fit", "open", "Recommender", "register"])
def test_no_name_brings_tensorflow_before_it_is_used(name: str):
    assert "tensorflow" not in modules_after(f"import pharos; pharos.{name}")


def test_a_client_needs_neither_tensorflow_nor_pandas_to_be_made():
    brought = modules_after("import pharos; pharos.Client('http://127.0.0.1:1')")
    assert not brought & {"tensorflow", "pandas", "numpy"}


@pytest.mark.parametrize("name", pharos.__all__)
def test_every_public_name_is_there(name: str):
    assert getattr(pharos, name)
    assert name in dir(pharos)


def test_a_name_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(AttributeError, match=r"no attribute 'train'; it has Client, Dataset"):
        _ = pharos.train


def test_the_version_is_that_of_the_installed_package():
    assert pharos.__version__.count(".") == 2

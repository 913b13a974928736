"""The folders at the top of the repository, installed as rooms of the one package `pharos`.

`towers/` is imported as `pharos.towers`, here and wherever it is installed: a stranger's package finds no name of ours
in its way. All else about the project stands in pyproject.toml, which cannot say this without a list of every folder.
"""

from setuptools import find_packages, setup

ROOMS = ("ingest", "classics", "towers", "indexing", "evaluation", "serving")

if __name__ == "__main__":
    setup(
        package_dir={"pharos": "pharos", **{f"pharos.{room}": room for room in ROOMS}},
        packages=[
            "pharos",
            *(f"pharos.{package}" for package in find_packages("pharos")),
            *(f"pharos.{room}" for room in ROOMS),
            *(f"pharos.{room}.{package}" for room in ROOMS for package in find_packages(room)),
        ],
    )

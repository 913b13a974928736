"""Two-tower retrieval with a vector database: train, index, serve and evaluate.

    import pharos

    data = pharos.load("ml-100k")
    model = pharos.fit(data)
    model.recommend(["42", "7"], k=10)

Nothing heavy is imported before it is used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pharos.client import Client
    from pharos.errors import RequestError, ServerError
    from pharos.figures import Figures
    from pharos.ingest.dataset import Dataset
    from pharos.ingest.load import load_dataset as load
    from pharos.making import fit as fit
    from pharos.making import open_bundle as open
    from pharos.recommender import Recommender
    from pharos.registry import register

    __version__: str

__all__ = [
    "Client",
    "Dataset",
    "Figures",
    "Recommender",
    "RequestError",
    "ServerError",
    "__version__",
    "fit",
    "load",
    "open",
    "register",
]

_PLACES = {
    "Client": ("pharos.client", "Client"),
    "Dataset": ("pharos.ingest.dataset", "Dataset"),
    "Figures": ("pharos.figures", "Figures"),
    "Recommender": ("pharos.recommender", "Recommender"),
    "RequestError": ("pharos.errors", "RequestError"),
    "ServerError": ("pharos.errors", "ServerError"),
    "fit": ("pharos.making", "fit"),
    "load": ("pharos.ingest.load", "load_dataset"),
    "open": ("pharos.making", "open_bundle"),
    "register": ("pharos.registry", "register"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("pharos")
    elif name in _PLACES:
        module, attribute = _PLACES[name]
        value = getattr(importlib.import_module(module), attribute)
    else:
        raise AttributeError(f"module 'pharos' has no attribute {name!r}; it has {', '.join(__all__)}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

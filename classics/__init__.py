"""The classic recommenders, one method a file, all with the contract of `pharos.classics.base`.

from pharos.classics import EASE
from pharos.ingest.load import load_dataset
EASE().learn(load_dataset("ml-100k")).recommend(user="196", k=5)

A method is imported when it is first named, since most of what uses this package needs one or none.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pharos.classics.attribute_profile import AttributeProfile
    from pharos.classics.biases import Biases
    from pharos.classics.bpr import BPR
    from pharos.classics.content_ridge import ContentRidge
    from pharos.classics.ease import EASE
    from pharos.classics.embedding_mf import DeepEmbeddingMF, EmbeddingMF
    from pharos.classics.global_mean import GlobalMean
    from pharos.classics.gradient_mf import GradientMF
    from pharos.classics.ials import ImplicitALS
    from pharos.classics.item_knn import ItemKNN
    from pharos.classics.matrix_factorization import MatrixFactorization
    from pharos.classics.popularity import Popularity
    from pharos.classics.random_order import RandomOrder
    from pharos.classics.sasrec import SASRec
    from pharos.classics.sequential_neighbours import SequentialNeighbours
    from pharos.classics.svd_ratings import SVDRatings
    from pharos.classics.text_neighbours import TextNeighbours
    from pharos.classics.tfidf_neighbours import TfidfNeighbours
    from pharos.classics.truncated_svd import PureSVD
    from pharos.classics.weighted_mf import WeightedMF
    from pharos.classics.weighted_ratings import WeightedRatings

__all__ = [
    "BPR",
    "EASE",
    "AttributeProfile",
    "Biases",
    "ContentRidge",
    "DeepEmbeddingMF",
    "EmbeddingMF",
    "GlobalMean",
    "GradientMF",
    "ImplicitALS",
    "ItemKNN",
    "MatrixFactorization",
    "Popularity",
    "PureSVD",
    "RandomOrder",
    "SASRec",
    "SVDRatings",
    "SequentialNeighbours",
    "TextNeighbours",
    "TfidfNeighbours",
    "WeightedMF",
    "WeightedRatings",
]

_PLACES: Final = {
    "AttributeProfile": "pharos.classics.attribute_profile",
    "BPR": "pharos.classics.bpr",
    "Biases": "pharos.classics.biases",
    "ContentRidge": "pharos.classics.content_ridge",
    "DeepEmbeddingMF": "pharos.classics.embedding_mf",
    "EASE": "pharos.classics.ease",
    "EmbeddingMF": "pharos.classics.embedding_mf",
    "GlobalMean": "pharos.classics.global_mean",
    "GradientMF": "pharos.classics.gradient_mf",
    "ImplicitALS": "pharos.classics.ials",
    "ItemKNN": "pharos.classics.item_knn",
    "MatrixFactorization": "pharos.classics.matrix_factorization",
    "Popularity": "pharos.classics.popularity",
    "PureSVD": "pharos.classics.truncated_svd",
    "RandomOrder": "pharos.classics.random_order",
    "SASRec": "pharos.classics.sasrec",
    "SVDRatings": "pharos.classics.svd_ratings",
    "SequentialNeighbours": "pharos.classics.sequential_neighbours",
    "TextNeighbours": "pharos.classics.text_neighbours",
    "TfidfNeighbours": "pharos.classics.tfidf_neighbours",
    "WeightedMF": "pharos.classics.weighted_mf",
    "WeightedRatings": "pharos.classics.weighted_ratings",
}


def __getattr__(name: str) -> Any:
    """Import a method when it is first named."""
    if name not in _PLACES:
        raise AttributeError(f"module 'pharos.classics' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(importlib.import_module(_PLACES[name]), name)
    globals()[name] = value
    return value

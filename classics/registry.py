"""The registry of all methods by name."""

from pharos.classics.attribute_profile import AttributeProfile
from pharos.classics.base import Classic, RatingClassic
from pharos.classics.biases import Biases
from pharos.classics.bpr import BPR
from pharos.classics.content_ridge import ContentRidge
from pharos.classics.ease import EASE
from pharos.classics.embedding_mf import DeepEmbeddingMF, EmbeddingMF
from pharos.classics.errors import UnknownMethod
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

RANKING: tuple[type[Classic], ...] = (
    RandomOrder,
    Popularity,
    ItemKNN,
    EASE,
    ImplicitALS,
    WeightedMF,
    PureSVD,
    BPR,
    SequentialNeighbours,
    SASRec,
    TfidfNeighbours,
    TextNeighbours,
    ContentRidge,
    AttributeProfile,
)
"""Methods that rank."""

RATING: tuple[type[RatingClassic], ...] = (
    GlobalMean,
    Biases,
    MatrixFactorization,
    GradientMF,
    WeightedRatings,
    SVDRatings,
    EmbeddingMF,
    DeepEmbeddingMF,
)
"""Methods that predict ratings."""


def slug(name: str) -> str:
    """A method's name for the command line: lower case, hyphens for spaces."""
    return name.lower().replace(" ", "-")


def find(name: str) -> type[Classic] | type[RatingClassic]:
    """The method of a name, in any case and spacing. Raises UnknownMethod, which lists all names."""
    methods: tuple[type[Classic] | type[RatingClassic], ...] = (*RANKING, *RATING)
    for method in methods:
        if _letters(method.name) == _letters(name):
            return method
    raise UnknownMethod(f"there is no method {name!r}; there are {', '.join(slug(method.name) for method in methods)}")


def _letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())

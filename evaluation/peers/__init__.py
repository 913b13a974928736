"""The algorithms that the system is held against, one a file."""

from evaluation.peers.base import Need, Peer, RatingPeer
from evaluation.peers.biases import Biases
from evaluation.peers.bpr import BPR
from evaluation.peers.content_ridge import ContentRidge
from evaluation.peers.ease import Ease
from evaluation.peers.global_mean import GlobalMean
from evaluation.peers.ials import ImplicitALS
from evaluation.peers.item_knn import ItemKNN
from evaluation.peers.matrix_factorization import MatrixFactorization
from evaluation.peers.popularity import Popularity
from evaluation.peers.random_order import RandomOrder
from evaluation.peers.sasrec import SASRec
from evaluation.peers.sequential_neighbours import SequentialNeighbours
from evaluation.peers.text_neighbours import TextNeighbours
from evaluation.peers.tfidf_neighbours import TfidfNeighbours

RANKING_PEERS: tuple[type[Peer], ...] = (
    RandomOrder,
    Popularity,
    ItemKNN,
    Ease,
    ImplicitALS,
    BPR,
    SequentialNeighbours,
    SASRec,
    TfidfNeighbours,
    TextNeighbours,
    ContentRidge,
)
RATING_PEERS: tuple[type[RatingPeer], ...] = (GlobalMean, Biases, MatrixFactorization)

# What recommends cold items reads, and reading alone is no match for knowing who has what: where all items are known
# these would only take time.
WARM_PEERS = tuple(peer for peer in RANKING_PEERS if peer.needs <= {Need.ORDER})
COLD_PEERS = tuple(peer for peer in RANKING_PEERS if peer.recommends_cold)

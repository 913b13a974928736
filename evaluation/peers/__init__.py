"""The algorithms that the system is held against, one a file."""

from pharos.evaluation.peers.base import Need, Peer, RatingPeer
from pharos.evaluation.peers.biases import Biases
from pharos.evaluation.peers.bpr import BPR
from pharos.evaluation.peers.content_ridge import ContentRidge
from pharos.evaluation.peers.ease import Ease
from pharos.evaluation.peers.global_mean import GlobalMean
from pharos.evaluation.peers.ials import ImplicitALS
from pharos.evaluation.peers.item_knn import ItemKNN
from pharos.evaluation.peers.matrix_factorization import MatrixFactorization
from pharos.evaluation.peers.popularity import Popularity
from pharos.evaluation.peers.random_order import RandomOrder
from pharos.evaluation.peers.sasrec import SASRec
from pharos.evaluation.peers.sequential_neighbours import SequentialNeighbours
from pharos.evaluation.peers.text_neighbours import TextNeighbours
from pharos.evaluation.peers.tfidf_neighbours import TfidfNeighbours

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

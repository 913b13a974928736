"""The peers of each protocol: the classic methods that ours are compared with, as baselines."""

from pharos.classics.base import Classic, RatingClassic
from pharos.classics.data import Need
from pharos.classics.registry import RANKING, RATING
from pharos.classics.weighted_mf import WeightedMF

# Weighted MF has the objective of iALS, which is as good and quicker: one of the two is enough.
RANKING_PEERS: tuple[type[Classic], ...] = tuple(method for method in RANKING if method is not WeightedMF)
RATING_PEERS: tuple[type[RatingClassic], ...] = RATING

# What recommends cold items reads, and reading alone is no match for knowing who has what: where all items are known
# these would only take time.
WARM_PEERS = tuple(peer for peer in RANKING_PEERS if peer.needs <= {Need.ORDER})
COLD_PEERS = tuple(peer for peer in RANKING_PEERS if peer.can.new_items)

"""Peers that come from outside the project: they are tuned and judged beside the project's own."""

from pharos.classics.base import Classic, RatingClassic

_PEERS: dict[str, type[Classic]] = {}
_RATING_PEERS: dict[str, type[RatingClassic]] = {}


def register_peer(peer: type[Classic]) -> None:
    """Make a ranking peer take part; a class of the same name takes the place of an earlier one."""
    _PEERS[peer.name] = peer


def register_rating_peer(peer: type[RatingClassic]) -> None:
    """The same for a peer that predicts ratings."""
    _RATING_PEERS[peer.name] = peer


def own_peers(*, cold: bool) -> tuple[type[Classic], ...]:
    """The registered ranking peers; cold: those alone that declare to recommend cold items."""
    return tuple(peer for peer in _PEERS.values() if peer.can.new_items or not cold)


def own_rating_peers() -> tuple[type[RatingClassic], ...]:
    """The registered rating peers."""
    return tuple(_RATING_PEERS.values())

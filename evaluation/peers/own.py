"""The registry of custom peers, which are tuned and judged like the built-in ones."""

from pharos.classics.base import Classic, RatingClassic

_PEERS: dict[str, type[Classic]] = {}
_RATING_PEERS: dict[str, type[RatingClassic]] = {}


def register_peer(peer: type[Classic]) -> None:
    """Register a ranking peer; it replaces an earlier one of the same name."""
    _PEERS[peer.name] = peer


def register_rating_peer(peer: type[RatingClassic]) -> None:
    """Register a rating peer; it replaces an earlier one of the same name."""
    _RATING_PEERS[peer.name] = peer


def own_peers(*, cold: bool) -> tuple[type[Classic], ...]:
    """The registered ranking peers; cold: only those that declare to recommend cold items."""
    return tuple(peer for peer in _PEERS.values() if peer.can.new_items or not cold)


def own_rating_peers() -> tuple[type[RatingClassic], ...]:
    """The registered rating peers."""
    return tuple(_RATING_PEERS.values())

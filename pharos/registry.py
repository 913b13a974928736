"""Own encoders, peers and re-ranking steps: one class each, which declares what it can do."""

from typing import Any, Final, TypeVar, cast

from pharos.errors import RequestError
from pharos.evaluation.peers.base import Need, Peer, RatingPeer
from pharos.evaluation.peers.own import register_peer, register_rating_peer
from pharos.ingest.schema import FeatureType
from pharos.reranking import RerankingStep
from pharos.towers.features.encoders.base import FeatureEncoder
from pharos.towers.features.encoders.own import register_encoder

_Class = TypeVar("_Class", bound=type)
_STEPS: dict[str, RerankingStep] = {}

_KINDS: Final = (
    "a subclass of pharos.towers.features.encoders.FeatureEncoder, a peer with grid() and fit() "
    "(pharos.evaluation.peers.base), or a re-ranking step with __call__ (pharos.reranking.RerankingStep)"
)


def register(kind: _Class) -> _Class:
    """Make an own encoder, peer or re-ranking step known; to be used as a class decorator.

    What a class can do is declared in class variables, which are checked here: an encoder has `name` and `type`; a
    ranking peer `name`, `needs` and `recommends_cold`, a rating peer `name` and `predicts_ratings = True`; a step
    `name` and `needs`. Registered anew, a name stands for the newer class. Raises RequestError.
    """
    if not isinstance(kind, type):
        raise RequestError(f"register: {kind!r} is no class; allowed is {_KINDS}")
    if issubclass(kind, FeatureEncoder):
        _declared(kind, name=str, type=FeatureType)
        register_encoder(kind)
    elif callable(getattr(kind, "grid", None)) and callable(getattr(kind, "fit", None)):
        if getattr(kind, "predicts_ratings", False):
            _declared(kind, name=str)
            register_rating_peer(cast(type[RatingPeer], kind))
        else:
            _declared(kind, name=str, needs=frozenset, recommends_cold=bool)
            peer = cast(type[Peer], kind)
            if unknown := [need for need in peer.needs if need not in list(Need)]:
                allowed = ", ".join(f"Need.{need.name}" for need in Need)
                raise RequestError(f"register: {kind.__name__}.needs holds {unknown[0]!r}; allowed are {allowed}")
            register_peer(peer)
    elif "__call__" in vars(kind):
        _declared(kind, name=str, needs=frozenset)
        step = cast(type[RerankingStep], kind)
        _STEPS[step.name] = step()
    else:
        raise RequestError(f"register: {kind.__name__} is none of these: {_KINDS}")
    return kind


def step_named(name: str) -> RerankingStep:
    """The registered re-ranking step of this name. Raises RequestError."""
    if name not in _STEPS:
        raise RequestError(f"steps: no step {name!r}; registered are {', '.join(sorted(_STEPS)) or 'none'}")
    return _STEPS[name]


def _declared(kind: type, **needed: type) -> None:
    for name, wanted in needed.items():
        value: Any = getattr(kind, name, None)
        if not isinstance(value, wanted) or value == "":
            raise RequestError(
                f"register: {kind.__name__}.{name} is {value!r}; a {wanted.__name__} must be declared there"
            )

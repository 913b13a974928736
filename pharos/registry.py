"""The registry of custom encoders, peers and re-ranking steps."""

from typing import Any, Final, TypeVar, cast

from pharos.classics.base import Capabilities, Classic, RatingClassic
from pharos.classics.data import Need
from pharos.errors import RequestError
from pharos.evaluation.peers.own import register_peer, register_rating_peer
from pharos.ingest.schema import FeatureType
from pharos.reranking import RerankingStep
from pharos.towers.features.encoders.base import FeatureEncoder
from pharos.towers.features.encoders.own import register_encoder

_Class = TypeVar("_Class", bound=type)
_STEPS: dict[str, RerankingStep] = {}

_KINDS: Final = (
    "a subclass of pharos.towers.features.encoders.FeatureEncoder, a peer, which is a subclass "
    "of pharos.classics.base.Classic or RatingClassic, or a re-ranking step with __call__ "
    "(pharos.reranking.RerankingStep)"
)


def register(kind: _Class) -> _Class:
    """Register a custom encoder, peer or re-ranking step; use it as a class decorator.

    What a class can do is declared in class variables, which are checked here: an encoder has `name` and `type`; a
    ranking peer `name`, `needs` and what it `can` (`Capabilities`), a rating peer `name`; a step `name` and `needs`.
    Registered anew, a name stands for the newer class. Raises RequestError.
    """
    if not isinstance(kind, type):
        raise RequestError(f"register: {kind!r} is no class; allowed is {_KINDS}")
    if issubclass(kind, FeatureEncoder):
        _declared(kind, name=str, type=FeatureType)
        register_encoder(kind)
    elif issubclass(kind, RatingClassic):
        _declared(kind, name=str)
        register_rating_peer(kind)
    elif issubclass(kind, Classic):
        _declared(kind, name=str, needs=frozenset, can=Capabilities)
        if unknown := [need for need in kind.needs if need not in list(Need)]:
            allowed = ", ".join(f"Need.{need.name}" for need in Need)
            raise RequestError(f"register: {kind.__name__}.needs holds {unknown[0]!r}; allowed are {allowed}")
        register_peer(kind)
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

"""Compares our methods with the peers of a protocol: the work of `pharos evaluate`."""

from collections.abc import Collection
from pathlib import Path

from pharos.classics.prepare import EmbedItems
from pharos.evaluation.contender import Learner
from pharos.evaluation.errors import EvaluationError
from pharos.evaluation.folds import FittedOn, Protocol
from pharos.evaluation.page import write_page
from pharos.evaluation.peer_contender import PeerContender, RatingPeerContender
from pharos.evaluation.peers import COLD_PEERS, RATING_PEERS, WARM_PEERS
from pharos.evaluation.peers.own import own_peers, own_rating_peers
from pharos.evaluation.ranked import RankedContender
from pharos.evaluation.rating_model import PredictedRatings
from pharos.evaluation.report import Report, report, write
from pharos.evaluation.run import Evaluation, evaluate
from pharos.evaluation.two_tower import TwoTowerContender
from pharos.ingest.dataset import Dataset
from pharos.towers.progress import Progress
from pharos.towers.settings import TrainingSettings
from pharos.towers.text.documents import documents
from pharos.towers.text.model import TextModel

# Where the answers of each method of ours go.
_FILES = {
    TwoTowerContender.name: "retrieval.parquet",
    RankedContender.name: "ranking.parquet",
    PredictedRatings.name: "ratings.parquet",
}


def compare(
    dataset: Dataset,
    protocol: Protocol,
    settings: TrainingSettings,
    *,
    out: Path,
    with_peers: bool,
    fitted_on: FittedOn | None = None,
    budget: float,
    text_cache: Path,
    progress: Progress,
) -> Report:
    """Evaluate, and write recommendations, `report.json` and `report.html` below `out`.

    fitted_on: see `evaluation.folds.folds`; budget: seconds after which a method may begin no further configuration.
    Raises DataError where the data set has nothing to hold out, EvaluationError where no method can take part.
    """
    out.mkdir(parents=True, exist_ok=True)  # at once: a folder that cannot be written is told before the long work
    evaluation = evaluate_dataset(
        dataset, protocol, settings,
        with_peers=with_peers, fitted_on=fitted_on, budget=budget, text_cache=text_cache, progress=progress,
    )  # fmt: skip
    figures = report(evaluation)
    write(evaluation, figures, out, _FILES)
    write_page(figures, out / "report.html")
    return figures


def evaluate_dataset(
    dataset: Dataset,
    protocol: Protocol,
    settings: TrainingSettings,
    *,
    with_peers: bool | Collection[str],
    fitted_on: FittedOn | None = None,
    budget: float,
    text_cache: Path | None,
    progress: Progress,
) -> Evaluation:
    """As `compare`, without writing. with_peers: all peers of the protocol, none, or those of these names.

    Raises EvaluationError also for a name that no peer of the protocol has.
    """
    ours = _ours(protocol, settings, text_cache)
    peers = _peers(protocol, settings, text_cache, progress) if with_peers else []
    if not isinstance(with_peers, bool):
        names = [peer.name for peer in peers]
        if unknown := [name for name in with_peers if name not in names]:
            raise EvaluationError(f"no peer {unknown[0]!r} for the protocol {protocol}; there are {', '.join(names)}")
        peers = [peer for peer in peers if peer.name in with_peers]
    return evaluate(dataset, protocol, ours, peers, fitted_on=fitted_on, budget=budget, progress=progress)


def _ours(protocol: Protocol, settings: TrainingSettings, text_cache: Path | None) -> list[Learner]:
    """Our methods: each stage of the pipeline is a contender, retrieval first."""
    if protocol is Protocol.RATING:
        return [PredictedRatings(settings, text_cache=text_cache)]
    retrieval = TwoTowerContender(settings, text_cache=text_cache)
    return [retrieval, RankedContender(retrieval)] if protocol.is_ordered else [retrieval]


def _peers(
    protocol: Protocol, settings: TrainingSettings, text_cache: Path | None, progress: Progress
) -> list[Learner]:
    if protocol is Protocol.RATING:
        return [RatingPeerContender(peer) for peer in (*RATING_PEERS, *own_rating_peers())]
    embed = _embed_items(settings, text_cache, progress)
    chosen = COLD_PEERS if protocol is Protocol.COLD else WARM_PEERS
    own = own_peers(cold=protocol is Protocol.COLD)
    return [PeerContender(peer, embed) for peer in (*chosen, *own)]


def _embed_items(settings: TrainingSettings, text_cache: Path | None, progress: Progress) -> EmbedItems | None:
    """A function that encodes item documents with the text model of the settings; None for no text model."""
    if not settings.text_model:
        return None
    model = TextModel(settings.text_model, text_cache)
    return lambda dataset: model.embed(documents(dataset.items, dataset.schema.items), progress)

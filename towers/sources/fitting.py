"""Fits the sources, and chooses on held-out events the neighbour settings and the weight of each source."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.classics.linear import affordable
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.sampling import sample_users
from pharos.towers.content.taste import Taste
from pharos.towers.histories.histories import Histories
from pharos.towers.neighbours.settings import NeighbourSettings, choices, fade_choices
from pharos.towers.neighbours.weights import NeighbourPairs
from pharos.towers.progress import Progress
from pharos.towers.retrieval.two_towers import TwoTowers
from pharos.towers.retrieval.validation import ValidationScore, list_scores
from pharos.towers.sources.learnt import Sources, encoded, known_sequences
from pharos.towers.sources.merging import Floats, MergeWeights, Rows, Weights, merge
from pharos.towers.sources.retriever import Retriever

NEW = Weights(0.4, 0.2, 0.4)
"""The weights of the sources for new items: chosen on several kinds of data (docs/experiments.md)."""

_PEOPLE = 2000
"""Users in the validation sample."""
_TRIALS = tuple(MergeWeights(Weights(1 - share, share, 0.0), NEW) for share in (0.25, 0.5))
"""Source weights with which neighbour settings are compared: the best source alone need not add most to the others."""
_STEP = 10
_UNJUDGED = MergeWeights(Weights(0.4, 0.4, 0.2), NEW)
_UNLEARNT = MergeWeights(Weights(0.0, 0.5, 0.5), Weights(0.0, 0.5, 0.5))
"""The weights without held-out events, and the same where the towers learnt nothing."""
_FEWEST_PEOPLE = 10


@dataclass(frozen=True)
class SourcesFit:
    """The best sources. score: of the merged lists; alone: of each source alone, by its name."""

    sources: Sources
    score: ValidationScore | None
    alone: dict[str, ValidationScore]


def fit_sources(
    dataset: Dataset,
    events: pd.DataFrame,
    towers: TwoTowers,
    *,
    text: npt.NDArray[np.float32] | None,
    progress: Progress,
    held_out: pd.DataFrame | None = None,
    candidates: npt.NDArray[np.bool_] | None = None,
    seed: int = 0,
    learnt: bool = True,
) -> SourcesFit:
    """Fit sources on `events`, and choose their settings on held-out events that `towers` have not seen either.

    text: the documents' vectors of all items; candidates: bool [items], among which held-out events are found;
    learnt: whether the towers are worth being asked.
    """
    spec = towers.spec
    pairs = NeighbourPairs.of(known_sequences(spec, events), len(spec.items))
    encoder, content = encoded(spec, dataset.items)
    unjudged = _UNJUDGED if learnt else _UNLEARNT
    default, *others = _configurations(spec.scale.timed, dataset, len(spec.items))
    taste = Taste.fit(content, encoder)
    first = Sources(spec, pairs.neighbours(default), encoder, taste, content, unjudged, default)
    if held_out is None or held_out[Columns.USER].nunique() < _FEWEST_PEOPLE:
        return SourcesFit(first, None, {})
    trial = _Trial(dataset, events, held_out, candidates, towers, first, text, seed)
    best, best_score = first, _best_score(first, trial)
    fades = fade_choices(timed=spec.scale.timed)
    with progress.task("Choosing neighbours", len(fades) + len(others)) as task:
        # First the decay is chosen, then, with it, the other settings.
        for configuration in [default.model_copy(update={"fade": fade}) for fade in fades] + others:
            if configuration in others:
                configuration = configuration.model_copy(update={"fade": best.settings.fade})
            tried = replace(first, neighbours=pairs.neighbours(configuration), settings=configuration)
            score = _best_score(tried, trial)
            if score > best_score:
                best, best_score = tried, score
            task.advance()
        task.note(f"neighbours: {_describe(best.settings)}")
    return _with_best_weights(best, trial, progress, learnt=learnt)


def _best_score(sources: Sources, trial: "_Trial") -> float:
    parts = trial.parts(sources)
    return max(trial.score(trial.merged(parts, blend)).combined for blend in _TRIALS)


def _configurations(timed: bool, dataset: Dataset, items: int) -> list[NeighbourSettings]:
    # With timestamps the linear model adds little, and is tried only if it takes seconds.
    cheap = items <= 5_000
    return choices(timed=timed, linear=affordable(len(dataset.users), items) and (cheap or not timed))


_Parts = list[tuple[Rows, Floats]]


class _Trial:
    """Scores sources on held-out events, repeatedly; the lists of towers and content are computed once."""

    def __init__(
        self,
        dataset: Dataset,
        events: pd.DataFrame,
        held_out: pd.DataFrame,
        candidates: npt.NDArray[np.bool_] | None,
        towers: TwoTowers,
        sources: Sources,
        text: Floats | None,
        seed: int,
    ) -> None:
        users = sample_users(held_out[Columns.USER].unique(), _PEOPLE, seed)
        row = pd.Index(dataset.items[Columns.ITEM])
        self._seen, self._wanted = _rows_by_user(events, users, row), _rows_by_user(held_out, users, row)
        self._retriever = Retriever(towers, sources, dataset.items, text)
        self._items, self._allowed = dataset.items, candidates
        self._queries = Histories(dataset, events, people=users).queries(users, self._retriever.vectors)
        self._others = self._retriever.lists(self._queries, towers.user_vectors(self._queries), self._seen, candidates)

    def parts(self, sources: Sources) -> _Parts:
        """For each user the merged rows and scaled scores, with the neighbours of these sources."""
        retriever = self._retriever.with_neighbours(sources, self._items)
        found = retriever.neighbour_lists(self._queries, self._seen, self._allowed)
        return [merge([own[0], new, own[2]]) for own, new in zip(self._others, found, strict=True)]

    def merged(self, parts: _Parts, weights: MergeWeights) -> list[Rows]:
        """For each user the best hundred rows."""
        new = self._retriever.new
        lists = []
        for rows, scaled in parts:
            score = weights.merged(scaled, new[rows])
            lists.append(rows[np.argsort(-score, kind="stable")[:100]])
        return lists

    def score(self, lists: Sequence[Rows]) -> ValidationScore:
        return list_scores(lists, self._wanted)


def _with_best_weights(sources: Sources, trial: _Trial, progress: Progress, *, learnt: bool) -> SourcesFit:
    """The same sources with the best weights."""
    parts = trial.parts(sources)
    best, best_score = sources.weights, ValidationScore(-1.0, -1.0)
    alone: dict[str, ValidationScore] = {}
    for weights in _simplex(with_content=sources.encoder.terms > 0):
        if weights.tower and not learnt:
            continue
        tried = MergeWeights(weights, sources.weights.new)
        score = trial.score(trial.merged(parts, tried))
        if score.combined > best_score.combined:
            best, best_score = tried, score
        alone.update({name: score for name, share in vars(weights).items() if share == 1})
    shares = ", ".join(f"{name} {share:g}" for name, share in vars(best.known).items())
    progress.say(f"sources: {shares}; held out ndcg@10 {best_score.ndcg_10:.4f}")
    return SourcesFit(replace(sources, weights=best), best_score, alone)


def _simplex(*, with_content: bool) -> Iterator[Weights]:
    for neighbours, content in product(range(_STEP + 1), range(_STEP + 1 if with_content else 1)):
        if neighbours + content <= _STEP:
            yield Weights((_STEP - neighbours - content) / _STEP, neighbours / _STEP, content / _STEP)


def _rows_by_user(events: pd.DataFrame, users: Sequence[str], row: pd.Index) -> list[npt.NDArray[np.int64]]:
    groups = events[events[Columns.USER].isin(users)].groupby(Columns.USER, sort=False)[Columns.ITEM]
    rows = {user: row.get_indexer(pd.Index(items)) for user, items in groups}
    return [rows.get(user, np.zeros(0, np.int64)) for user in users]


def _describe(settings: NeighbourSettings) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in settings.model_dump().items() if value)

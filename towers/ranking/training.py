"""Fitting the ranker: on lists of the retriever's own candidates, for events that the retriever has not seen."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.columns import Columns
from ingest.dataset import Dataset
from ingest.history import order
from towers.backend import tf
from towers.histories.histories import Histories
from towers.histories.queries import UserQuery
from towers.histories.sequences import Sequences
from towers.optimizer import MovingAverage
from towers.progress import Progress
from towers.ranking.features import Floats, RankTables, features
from towers.ranking.network import RankingModel, RankingModule, RankingNetwork
from towers.ranking.ranker import Ranker, rank_query, rows_of
from towers.retrieval.two_towers import TwoTowers
from towers.schedule import WarmUpAndDecay
from towers.settings import RankingSettings

_AT_ONCE = 256
_FEWEST_LISTS = 16


@dataclass(frozen=True)
class _State:
    """What a person has done up to a moment, and what came next: rows of the data set's items."""

    query: UserQuery
    seen: npt.NDArray[np.int64]
    next_: npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Lists:
    """features: float32 [m, n, WIDTH]; label: float32 [m, n], 1 in all of each list."""

    features: Floats
    label: Floats


def fit_ranker(
    dataset: Dataset,
    known: pd.DataFrame,
    targets: pd.DataFrame,
    towers: TwoTowers,
    settings: RankingSettings,
    *,
    text: Floats | None,
    progress: Progress,
) -> RankingModule | None:
    """The ranking model that tells each user's `targets` among candidates that towers fitted on `known` retrieve.

    known, targets: earlier and later interactions; the towers must not have seen the targets, or the model would learn
    to trust them more than they deserve later on. text: the documents' vectors of all items.
    None where too few targets are among the candidates to learn from.
    """
    tables = tables_of(known, towers)
    lists = _lists(dataset, known, targets, towers, tables, settings, text, progress)
    if lists is None:
        return None
    tf.keras.utils.set_random_seed(settings.seed)
    return _fit(lists, settings, progress)


def tables_of(events: pd.DataFrame, towers: TwoTowers) -> RankTables:
    """What training events say of items and of pairs of them; rows are those of the towers' catalogue."""
    catalogue = pd.Index(towers.spec.items.ids)
    inside = events[events[Columns.ITEM].isin(catalogue)]
    return RankTables.of(Sequences.of(inside, catalogue), len(catalogue), towers.spec.scale)


def as_ranker(module: RankingModule, events: pd.DataFrame, towers: TwoTowers) -> Ranker:
    """The ranker that goes with towers fitted on `events`."""
    return Ranker(towers.spec, tables_of(events, towers), module)


def _lists(
    dataset: Dataset,
    known: pd.DataFrame,
    targets: pd.DataFrame,
    towers: TwoTowers,
    tables: RankTables,
    settings: RankingSettings,
    text: Floats | None,
    progress: Progress,
) -> _Lists | None:
    items = towers.item_vectors(dataset.items, text)
    rows = rows_of(towers.spec, dataset.items[Columns.ITEM].tolist())
    states = _chosen(_states(dataset, known, targets, items), settings)
    count = min(settings.candidates, len(items) - 1)
    inputs, labels = [], []
    with progress.task("Ranking lists", len(states)) as task:
        for start in range(0, len(states), _AT_ONCE):
            block = states[start : start + _AT_ONCE]
            users = towers.user_vectors([state.query for state in block])
            scores = users @ items.T
            for state, user, score in zip(block, users, scores, strict=True):
                score[state.seen] = -np.inf
                best = np.argpartition(-score, count)[:count]
                label = np.isin(best, state.next_)
                if label.any():
                    query = rank_query(towers.spec, state.query, user)
                    inputs.append(features(query, rows[best], items[best], tables))
                    labels.append(label / label.sum())
                task.advance()
    if len(inputs) < _FEWEST_LISTS:
        return None
    return _Lists(np.stack(inputs), np.stack(labels).astype(np.float32))


def _states(dataset: Dataset, known: pd.DataFrame, targets: pd.DataFrame, items: Floats) -> Iterator[_State]:
    """The state of each user before each target event, targets before it included."""
    row = pd.Index(dataset.items[Columns.ITEM])
    later = order(targets)
    users = [str(user) for user in later[Columns.USER].unique()]
    whole = Histories(dataset, pd.concat([known, targets])).queries(users, items)
    held_out = later.groupby(Columns.USER, sort=False).size()
    for query, count in zip(whole, held_out[users], strict=True):
        events = row.get_indexer(pd.Index([event.item_id for event in query.history]))
        for length in range(len(events) - count, len(events)):
            before = replace(query, history=query.history[:length], history_vectors=query.history_vectors[:length])
            yield _State(before, events[:length], events[length:])


def _chosen(states: Iterator[_State], settings: RankingSettings) -> list[_State]:
    """At most `lists` of the states, drawn at random."""
    every = list(states)
    if len(every) <= settings.lists:
        return every
    drawn = np.random.default_rng(settings.seed).choice(len(every), settings.lists, replace=False)
    return [every[place] for place in np.sort(drawn)]


def _fit(lists: _Lists, settings: RankingSettings, progress: Progress) -> RankingModule:
    flat = lists.features.reshape(-1, lists.features.shape[-1])
    network = RankingNetwork(flat.mean(axis=0), flat.std(axis=0) + 1e-6, settings.hidden, settings.dropout)
    model = RankingModel(network, settings.weight_decay)
    size = min(settings.batch_lists, max(len(lists.label) // 4, 1))
    rng = np.random.default_rng(settings.seed)
    steps = len(lists.label) // size * settings.epochs
    model.compile(optimizer=tf.keras.optimizers.Adam(WarmUpAndDecay(settings.learning_rate, 10, steps)))
    # Layers make their weights when they are first called.
    model.compute_loss({"features": lists.features[:1], "label": lists.label[:1]})
    averages = MovingAverage(model.trainable_variables, settings.averaging)
    train_step = tf.function(model.train_step, autograph=False)
    with progress.task("Ranking", steps) as task:
        for number in range(1, settings.epochs + 1):
            losses = []
            for part in np.array_split(rng.permutation(len(lists.label)), len(lists.label) // size):
                inputs = {"features": tf.constant(lists.features[part]), "label": tf.constant(lists.label[part])}
                losses.append(float(train_step(inputs)["loss"]))
                averages.step()
                task.advance()
            chance = np.log(lists.label.shape[1])
            task.note(f"epoch {number}: loss {np.mean(losses):.3f} (guessing {chance:.3f})")
    for variable, value in zip(model.trainable_variables, averages.values(), strict=True):
        variable.assign(value)
    return RankingModule(network)

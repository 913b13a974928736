"""Training of the ranking model on the retriever's own candidates, for events that the retriever has not seen."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.history import order
from pharos.towers.backend import tf
from pharos.towers.histories.histories import Histories
from pharos.towers.histories.queries import UserQuery
from pharos.towers.histories.sequences import Sequences
from pharos.towers.optimizer import MovingAverage
from pharos.towers.progress import Progress
from pharos.towers.ranking.feature_names import RankFeature
from pharos.towers.ranking.features import Floats, RankTables, Retrieved, features
from pharos.towers.ranking.network import RankingModel, RankingModule, RankingNetwork
from pharos.towers.ranking.ranker import Ranker, rank_query, rows_of
from pharos.towers.retrieval.two_towers import TwoTowers
from pharos.towers.schedule import WarmUpAndDecay
from pharos.towers.settings import RankingSettings
from pharos.towers.sources.retriever import Retriever

_AT_ONCE = 256
_FEWEST_LISTS = 16
# One in so many users is held back, to see whether the model is an improvement.
_HELD_BACK = 8
# Too few of them to tell.
_FEWEST_PEOPLE = 20
# What the gain on them has to be more than, in standard errors. With timestamps the model has gained on the test part
# of every data set, and so few people tell little: it is only refused where it is clearly worse. Without timestamps
# lists have no point in time, and what is gained on them may be lost later.
_PROOF = -2.0
_PROOF_WITHOUT_TIMES = 2.0
_ROWS = 65_536
# The candidates of a state often lack the next items, so this many states are tried per list.
_STATES_A_LIST = 2


@dataclass(frozen=True)
class _State:
    """A user (`owner`) after some events, and what came next: rows of the data set's items."""

    query: UserQuery
    seen: npt.NDArray[np.int64]
    next_: npt.NDArray[np.int64]
    owner: int


@dataclass(frozen=True)
class Lists:
    """m training lists of n candidates.

    features: float32 [m, n, WIDTH]; label: float32 [m, n], each row sums to 1; owner: int64 [m], the user's number.
    """

    features: Floats
    label: Floats
    owner: npt.NDArray[np.int64]

    def part(self, chosen: npt.NDArray[np.bool_]) -> "Lists":
        """Select lists by a mask, bool [m]."""
        return Lists(self.features[chosen], self.label[chosen], self.owner[chosen])

    def ndcg(self, scores: Floats) -> npt.NDArray[np.float64]:
        """ndcg@10 of each list when ordered by `scores`, float32 [m, n]: float64 [m]."""
        order = np.argsort(-scores, axis=1, kind="stable")[:, :10]
        hits = np.take_along_axis(self.label > 0, order, axis=1)
        gain = 1 / np.log2(np.arange(2, 2 + order.shape[1]))
        ideal = np.cumsum(gain)[np.minimum((self.label > 0).sum(axis=1), order.shape[1]) - 1]
        return (hits * gain).sum(axis=1) / ideal


def fit_ranker(
    dataset: Dataset,
    known: pd.DataFrame,
    targets: pd.DataFrame,
    retriever: Retriever,
    settings: RankingSettings,
    *,
    progress: Progress,
) -> RankingModule | None:
    """Train a ranking model to find each user's `targets` among the candidates of sources fitted on `known`.

    known, targets: earlier and later interactions; the sources must not have seen the targets, or the model would
    learn to trust them too much. retriever: the sources over the items of the data set. None where too few targets
    are among the candidates to learn from, or where, on users that it was not fitted on, the model orders lists
    clearly worse than the retrieval; without timestamps, not clearly better.
    """
    tables = tables_of(known, retriever.towers)
    lists = candidate_lists(dataset, known, targets, retriever, tables, settings, progress)
    if lists is None:
        return None
    asked = _PROOF if retriever.towers.spec.scale.timed else _PROOF_WITHOUT_TIMES
    return fit_where_better(lists, settings, asked, progress)


def fit_where_better(lists: Lists, settings: RankingSettings, asked: float, progress: Progress) -> RankingModule | None:
    """Train on lists, but for those of one user in eight.

    None where the gain over the retrieval's order on these is not more than `asked` standard errors. Where there are
    fewer than 20 of them they prove nothing: then the model learns from all, and is kept.
    """
    tf.keras.utils.set_random_seed(settings.seed)
    # Lists of one user are correlated, so all lists of a user are held out together.
    held_back = lists.owner % _HELD_BACK == 0
    if len(np.unique(lists.owner[held_back])) < _FEWEST_PEOPLE:
        return _fit(lists, settings, progress)
    module = _fit(lists.part(~held_back), settings, progress)
    return module if _gain_in_standard_errors(module, lists.part(held_back), progress) > asked else None


def _gain_in_standard_errors(module: RankingModule, proof: Lists, progress: Progress) -> float:
    """The gain in ndcg@10 over the retrieval order, in standard errors of the mean over users."""
    flat = proof.features.reshape(-1, proof.features.shape[-1])
    scores = [np.asarray(module.score(flat[start : start + _ROWS])) for start in range(0, len(flat), _ROWS)]
    after = proof.ndcg(np.concatenate(scores).reshape(proof.label.shape))
    before = proof.ndcg(proof.features[..., RankFeature.MERGED_SCORE])
    people, place = np.unique(proof.owner, return_inverse=True)
    gains = np.bincount(place, after - before) / np.bincount(place)
    gain = float(gains.mean() / max(gains.std() / np.sqrt(len(people)), 1e-9))
    progress.say(
        f"ranking model: ndcg@10 {after.mean():.4f} on lists held back, {before.mean():.4f} by the retrieval; "
        f"a gain of {gain:.1f} standard errors over {len(people):,} people"
    )
    return gain


def tables_of(events: pd.DataFrame, towers: TwoTowers) -> RankTables:
    """Count the training events for the ranking features; rows are those of the towers' catalogue."""
    catalogue = pd.Index(towers.spec.items.ids)
    inside = events[events[Columns.ITEM].isin(catalogue)]
    return RankTables.of(Sequences.of(inside, catalogue), len(catalogue), towers.spec.scale)


def as_ranker(module: RankingModule, events: pd.DataFrame, towers: TwoTowers) -> Ranker:
    """A ranker for towers fitted on `events`."""
    return Ranker(towers.spec, tables_of(events, towers), module)


def candidate_lists(
    dataset: Dataset,
    known: pd.DataFrame,
    targets: pd.DataFrame,
    retriever: Retriever,
    tables: RankTables,
    settings: RankingSettings,
    progress: Progress,
) -> Lists | None:
    """Candidate lists for states of users, each with the items that came next.

    known, targets: earlier and later interactions; tables: counted on the earlier ones. None where there are too few.
    """
    spec, items = retriever.towers.spec, retriever.vectors
    rows = rows_of(spec, dataset.items[Columns.ITEM].tolist())
    states = _sampled_states(dataset, known, targets, items, settings)
    if not states:
        return None
    # All lists have the same length, which nearly all users have enough items left for.
    left = len(items) - int(np.quantile([len(state.seen) for state in states], 0.9))
    count = max(min(settings.candidates, left), 1)
    inputs, labels, owners = list[Floats](), list[npt.NDArray[np.float64]](), list[int]()
    with progress.task("Ranking lists", len(states)) as task:
        for start in range(0, len(states), _AT_ONCE):
            if len(inputs) >= settings.lists:
                break
            block = states[start : start + _AT_ONCE]
            found = retriever.candidates([state.query for state in block], [state.seen for state in block])
            for state, candidates in zip(block, found, strict=True):
                task.advance()
                best = candidates.first(count)
                label = np.isin(best.rows, state.next_)
                if label.any() and len(best.rows) == count:
                    query = rank_query(spec, state.query, best.user)
                    retrieved = Retrieved(best.score, best.parts)
                    inputs.append(features(query, rows[best.rows], items[best.rows], retrieved, tables))
                    labels.append(label / label.sum())
                    owners.append(state.owner)
    if len(inputs) < _FEWEST_LISTS:
        return None
    return Lists(np.stack(inputs), np.stack(labels).astype(np.float32), np.array(owners))


def _sampled_states(
    dataset: Dataset, known: pd.DataFrame, targets: pd.DataFrame, items: Floats, settings: RankingSettings
) -> list[_State]:
    """The states of users before each target event, earlier targets included in the history.

    A random sample of all of them, of which `lists` are expected to contain a target.
    """
    counts = order(targets).groupby(Columns.USER, sort=False).size()
    held_out, ends = counts.to_numpy(), np.cumsum(counts.to_numpy())
    places, most = np.arange(held_out.sum()), settings.lists * _STATES_A_LIST
    if len(places) > most:
        places = np.random.default_rng(settings.seed).choice(len(places), most, replace=False)
    owners = np.searchsorted(ends, places, "right")
    asked = np.unique(owners)
    users, row = [str(user) for user in counts.index[asked]], pd.Index(dataset.items[Columns.ITEM])
    own = [part[part[Columns.USER].isin(users)] for part in (known, targets)]
    queries = dict(zip(asked.tolist(), Histories(dataset, pd.concat(own)).queries(users, items), strict=True))
    rows = {owner: row.get_indexer([event.item_id for event in query.history]) for owner, query in queries.items()}
    # How many of the user's target events come after the state.
    after = (ends[owners] - places).tolist()
    return [
        _state(queries[owner], rows[owner], len(rows[owner]) - later, owner)
        for owner, later in zip(owners.tolist(), after, strict=True)
    ]


def _state(whole: UserQuery, events: npt.NDArray[np.int64], length: int, owner: int) -> _State:
    """The state after the first `length` events. events: rows of all of the history's items."""
    before = replace(whole, history=whole.history[:length], history_vectors=whole.history_vectors[:length])
    return _State(before, events[:length], events[length:], owner)


def _fit(lists: Lists, settings: RankingSettings, progress: Progress) -> RankingModule:
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

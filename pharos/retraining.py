"""Retrains on the content of the store, and compares the new model with the live one on the newest events."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd
from pydantic import BaseModel

from pharos.evaluation.bootstrap import difference_interval
from pharos.evaluation.folds import Fold
from pharos.evaluation.judging import by_user, judge_lists, recommend
from pharos.evaluation.list_cost import ListCost
from pharos.evaluation.merged import MergedLists
from pharos.evaluation.metrics import NDCG_10, SHOWN, RankingMetrics
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.history import order
from pharos.ingest.splits import chronological
from pharos.list_costs import list_costs
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.progress import Progress
from pharos.towers.settings import TrainingSettings
from pharos.towers.text.documents import documents
from pharos.towers.training import Selection, TextVectors, finish, read_texts, select, train_bundle

_FEWEST_PEOPLE: Final = 10
_FEWEST_EVENTS: Final = 20
_LEAST_OF_LAST_TIME: Final = 0.5
_MOST_OF_ONE: Final = 0.5
_FEW_ITEMS: Final = 10
_MOST_OF_FEW: Final = 0.5
_TIMES_AS_BEFORE: Final = 2.0
_MOST_SAME_LISTS: Final = 0.5


class Verdict(BaseModel):
    """The result of a retraining.

    goes_live: whether the new bundle is to be indexed. reason: a sentence. bundle: the new one, also where it is not to
    go live; None where none was made. live, new: mean ndcg@10 of the people who have newest events; low, high: the 95 %
    bootstrap interval of new - live.
    """

    goes_live: bool
    reason: str
    bundle: str | None = None
    people: int = 0
    live: float | None = None
    new: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class _Task:
    """The events since the live model was trained, in two halves by time: one to learn from, one to judge by."""

    fold: Fold
    new: pd.DataFrame


def retrain(dataset: Dataset, live: Bundle, *, bundles: Path, text_cache: Path, progress: Progress) -> Verdict:
    """Retrain with the settings of the live bundle; see Verdict. Raises TrainingError, TextModelError.

    Only events after the newest that the live model has learnt from count as new. The later half of them is held out;
    both models are asked for it with all that was before. The new bundle is then made from all events as
    `pharos.training.train` makes one, with choices of its own: it is what a fresh fit on the same data would be.
    """
    lost = _lost_features(dataset, live)
    task = lost or _task(dataset, live)
    if isinstance(task, str):
        return Verdict(goes_live=False, reason=task)
    refused = _dominated_by_one(task.new) or _dominated_by_few(dataset.interactions, task.new)
    if refused:
        return Verdict(goes_live=False, reason=refused)
    settings = live.manifest.settings
    texts = read_texts(dataset, settings, text_cache, progress)
    known = task.fold.known.interactions
    selection = _select(dataset, known, settings, texts, progress)
    if selection.fit.unlearnt:
        return _nothing_learnt(selection)
    candidate = finish(dataset, known, selection, settings, texts, progress)
    merged = MergedLists(candidate, task.fold.known, texts.vectors if texts else None)
    new, lists = _judge(task.fold, merged)
    asked = set(known[Columns.USER])
    # Users without history all get the same list.
    if _all_same({user: items for user, items in lists.items() if user in asked}):
        return Verdict(goes_live=False, reason="the new model has one list for nearly everybody; no bundle was made")
    costs = list_costs(task.fold, merged, candidate.ranker)
    return _compared(dataset, task, live, new, costs, texts, bundles, progress)


def _select(
    dataset: Dataset, events: pd.DataFrame, settings: TrainingSettings, texts: TextVectors | None, progress: Progress
) -> Selection:
    split = chronological(events)
    return select(dataset, split.train, split.validation, settings, texts, progress)


def _nothing_learnt(selection: Selection) -> Verdict:
    reason = f"nothing can be learnt from the data ({selection.fit.unlearnt}); no bundle was made"
    return Verdict(goes_live=False, reason=reason)


def _compared(
    dataset: Dataset,
    task: _Task,
    live: Bundle,
    new: RankingMetrics,
    costs: list[ListCost],
    texts: TextVectors | None,
    bundles: Path,
    progress: Progress,
) -> Verdict:
    read = dataset.items
    vectors = live.embed_text(documents(read, live.schema.items)) if live.text_dimensions else None
    old, _ = _judge(task.fold, MergedLists(live.trained, task.fold.known, vectors))
    ours, theirs = new.per_user[NDCG_10].align(old.per_user[NDCG_10], join="inner")
    interval = difference_interval(ours, theirs)
    figures = {
        "people": len(ours),
        "live": float(theirs.mean()),
        "new": float(ours.mean()),
        "low": interval.low,
        "high": interval.high,
    }
    evaluation = {**figures, "list_costs": [cost.model_dump(mode="json") for cost in costs]}
    settings = live.manifest.settings
    selection = _select(dataset, dataset.interactions, settings, texts, progress)
    if selection.fit.unlearnt:
        return _nothing_learnt(selection)
    bundle = train_bundle(
        dataset, selection, settings, texts, bundles=bundles, progress=progress, evaluation=evaluation
    )
    found = f"ndcg@10 of {len(ours)} people's newest events: new {ours.mean():.4f}, live {theirs.mean():.4f}"
    if interval.high < 0:
        return Verdict(goes_live=False, reason=f"the new model is worse: {found}", bundle=bundle.id, **figures)
    return Verdict(goes_live=True, reason=found, bundle=bundle.id, **figures)


def _task(dataset: Dataset, live: Bundle) -> _Task | str:
    """The events to learn from and to judge by, or the reason why there are not enough."""
    if not dataset.schema.has_timestamp:
        return "the events have no times, so that none are known to be new; train with `pharos train --from-store`"
    events = order(dataset.interactions)
    created = int(live.manifest.created_at.timestamp())
    # An event with a time in the future must not make all others old.
    since = min(live.manifest.newest_event or created, created)
    new = events[events[Columns.TIMESTAMP] > since].sort_values(Columns.TIMESTAMP, kind="stable")
    held_out = new.iloc[len(new) // 2 :]
    people = held_out[Columns.USER].nunique()
    if people < _FEWEST_PEOPLE or len(new) < _FEWEST_EVENTS:
        return (
            f"only {len(new):,} events, of {people:,} people to judge by, are newer than what the live model has "
            f"learnt from; at least {_FEWEST_EVENTS} of {_FEWEST_PEOPLE} are needed"
        )
    known = events.drop(held_out.index)
    return _Task(Fold(replace(dataset, interactions=known.reset_index(drop=True)), held_out), new)


def _lost_features(dataset: Dataset, live: Bundle) -> str | None:
    count, before = len(dataset.interactions), live.manifest.interactions
    if count < _LEAST_OF_LAST_TIME * before:
        return f"the store has {count:,} events where the live model has learnt from {before:,}: something is missing"
    return None


def _dominated_by_one(new: pd.DataFrame) -> str | None:
    for column, what in ((Columns.USER, "person"), (Columns.ITEM, "item")):
        most = new[column].value_counts()
        if most.iloc[0] > _MOST_OF_ONE * len(new):
            return f"{most.iloc[0]:,} of {len(new):,} new events are of one {what}, {most.index[0]!r}"
    return None


def _dominated_by_few(events: pd.DataFrame, new: pd.DataFrame) -> str | None:
    """Whether few items have most new events, where they had not: one list for all, or many accounts for one item."""
    newest = order(events).sort_values(Columns.TIMESTAMP, kind="stable")
    before = newest[newest[Columns.TIMESTAMP] < new[Columns.TIMESTAMP].min()].tail(len(new))
    now, earlier = _share_of_few(new), _share_of_few(before)
    if now <= _MOST_OF_FEW or now <= _TIMES_AS_BEFORE * earlier:
        return None
    return (
        f"{_FEW_ITEMS} items have {now:.0%} of the {len(new):,} new events, where {_FEW_ITEMS} items had {earlier:.0%} "
        f"of the {len(before):,} before"
    )


def _share_of_few(events: pd.DataFrame) -> float:
    return float(events[Columns.ITEM].value_counts(normalize=True).head(_FEW_ITEMS).sum())


def _judge(fold: Fold, merged: MergedLists) -> tuple[RankingMetrics, dict[str, list[str]]]:
    lists = recommend(fold, merged.score)
    return judge_lists(fold, lists), by_user(lists)


def _all_same(lists: dict[str, list[str]]) -> bool:
    first = pd.Series([frozenset(items[:SHOWN]) for items in lists.values()])
    return bool(len(first) >= _FEWEST_PEOPLE and first.value_counts().iloc[0] > _MOST_SAME_LISTS * len(first))

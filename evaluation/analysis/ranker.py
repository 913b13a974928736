"""Permutation importance (Breiman, 2001) of the ranking features, on held-out lists."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.evaluation.analysis.drawing import COLOURS, INK, picture
from pharos.evaluation.analysis.findings import Picture, Section, Table
from pharos.evaluation.analysis.subject import Subject
from pharos.ingest.columns import Columns
from pharos.ingest.sampling import sample_users
from pharos.ingest.splits import chronological
from pharos.towers.neighbours.weights import NeighbourPairs
from pharos.towers.progress import Silent
from pharos.towers.ranking.feature_names import GROUPS, FeatureGroup, RankFeature
from pharos.towers.ranking.training import Lists, candidate_lists, tables_of
from pharos.towers.settings import RankingSettings
from pharos.towers.sources.learnt import known_sequences
from pharos.towers.sources.retriever import Retriever

_TITLE: Final = "What the ranking model weighs"
_REPEATS: Final = 3
_SHOWN: Final = 20
_PEOPLE_A_LIST: Final = 3

_Losses = npt.NDArray[np.float64]


def ranker(subject: Subject) -> Section:
    """The loss of ndcg@10 on held-out lists when a feature, or a group of features, is shuffled."""
    if subject.bundle.ranker is None:
        return Section(
            _TITLE, ("The bundle has no ranking model: too few events, none wanted, or none that was better.",)
        )
    lists = _held_out(subject)
    if lists is None:
        return Section(_TITLE, ("Too few users have later events among the candidates to make held-out lists of.",))
    before = float(_ndcg(subject, lists, lists.features).mean())
    retrieval = float(lists.ndcg(lists.features[..., RankFeature.MERGED_SCORE]).mean())
    rng = np.random.default_rng(subject.settings.seed)
    features = {feature: _losses(subject, lists, [feature], before, rng) for feature in RankFeature}
    groups = {group: _losses(subject, lists, names, before, rng) for group, names in GROUPS.items()}
    table = pd.DataFrame(
        [_row("feature", f.name, f.group, losses) for f, losses in features.items()]
        + [_row("group", group.value, group, losses) for group, losses in groups.items()]
    ).sort_values(["kind", "loss_of_ndcg_10"], ascending=[False, False], kind="stable", ignore_index=True)
    told = (
        f"{len(lists.label)} lists of {lists.label.shape[1]} candidates for the last fifth of people's events; "
        f"{_REPEATS} shufflings each, seed {subject.settings.seed}. ndcg@10 among a list's candidates {before:.4f}, by "
        f"the retrieval's order {retrieval:.4f}."
    )
    remark = (
        "Counts and neighbours are counted anew without the held-out events; the towers of a finished bundle have "
        "learnt from all events, so the figures are for weighing features against each other, not for a judgement. "
        "Features that say the same stand in for one another: a group can weigh much though none of its features does."
    )
    return Section(
        _TITLE,
        (remark,),
        (_groups(groups, told), _features(features, told)),
        (Table("ranker-importance", told, table),),
    )


def _held_out(subject: Subject) -> Lists | None:
    """Lists for the last fifth of the events of some users, with tables that were counted without these events."""
    bundle, settings, dataset = subject.bundle, subject.settings, subject.dataset
    split = chronological(dataset.interactions)
    people = sample_users(split.test[Columns.USER].unique(), settings.lists * _PEOPLE_A_LIST, settings.seed)
    of_them = split.test[Columns.USER].isin(people)
    known = pd.concat([split.train, split.validation, split.test[~of_them]], ignore_index=True)
    if not people or known.empty:
        return None
    spec, chosen = bundle.towers.spec, bundle.sources
    pairs = NeighbourPairs.of(known_sequences(spec, known), len(spec.items))
    sources = replace(chosen, neighbours=pairs.neighbours(chosen.settings))
    retriever = Retriever(bundle.towers, sources, dataset.items, subject.text)
    asked = RankingSettings(lists=settings.lists, seed=settings.seed)
    tables = tables_of(known, bundle.towers)
    lists = candidate_lists(dataset, known, split.test[of_them], retriever, tables, asked, Silent())
    return lists and lists.part(np.arange(len(lists.label)) < settings.lists)


def _ndcg(subject: Subject, lists: Lists, features: npt.NDArray[np.float32]) -> _Losses:
    model = subject.bundle.ranker
    assert model is not None
    flat = np.ascontiguousarray(features.reshape(-1, features.shape[-1]))
    scores = np.asarray(model.model.score(flat), np.float32)
    return lists.ndcg(scores.reshape(lists.label.shape))


def _losses(
    subject: Subject, lists: Lists, names: Sequence[RankFeature], before: float, rng: np.random.Generator
) -> _Losses:
    """The loss of ndcg@10 by each shuffle: float64 [repeats].

    Values are swapped between candidates of different lists, so that what is constant within a list is shuffled
    too; features of a group are shuffled together.
    """
    losses, (count, length, _) = [], lists.features.shape
    for _ in range(_REPEATS):
        other = rng.permutation(count)[:, None]
        within = rng.permuted(np.tile(np.arange(length), (count, 1)), axis=1)
        shuffled = lists.features.copy()
        for name in names:
            shuffled[..., name] = lists.features[other, within, name]
        losses.append(before - float(_ndcg(subject, lists, shuffled).mean()))
    return np.array(losses)


def _row(kind: str, name: str, group: FeatureGroup, losses: _Losses) -> dict[str, Any]:
    return {"kind": kind, "name": name, "group": group.value, "loss_of_ndcg_10": losses.mean(),
            "deviation": losses.std()}  # fmt: skip


def _groups(groups: dict[FeatureGroup, _Losses], told: str) -> Picture:
    ranked = sorted(groups, key=lambda group: groups[group].mean())

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        _bars(axes, [group.value for group in ranked], [groups[group] for group in ranked], ranked)
        axes.set_title("Groups of features, each shuffled as a whole")

    return picture("ranker-groups", told, draw, height=0.9 + 0.26 * len(ranked))


def _features(features: dict[RankFeature, _Losses], told: str) -> Picture:
    ranked = sorted(features, key=lambda feature: features[feature].mean())[-_SHOWN:]

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        groups = [feature.group for feature in ranked]
        _bars(axes, [feature.label for feature in ranked], [features[feature] for feature in ranked], groups)
        axes.set_title(f"The {len(ranked)} features that weigh most")
        patch = [axes.barh([0], [0], color=_colour(group), label=group.value) for group in dict.fromkeys(groups[::-1])]
        figure.legend(handles=patch, loc="outside right upper")

    return picture("ranker-features", told, draw, height=0.9 + 0.22 * len(ranked))


def _bars(axes: Any, names: Sequence[str], losses: Sequence[_Losses], groups: Sequence[FeatureGroup]) -> None:
    means, spread = [one.mean() for one in losses], [one.std() for one in losses]
    colours = [_colour(group) for group in groups]
    axes.barh(names, means, xerr=spread, color=colours, height=0.7, error_kw={"lw": 0.9, "ecolor": INK})
    axes.axvline(0, color=INK, lw=0.8)
    axes.set_xlabel("loss of ndcg@10 when shuffled")
    axes.margins(y=0.02)


def _colour(group: FeatureGroup) -> str:
    return COLOURS[list(GROUPS).index(group)]

"""The recommender: a trained model in memory, from `pharos.fit` or `pharos.open`."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from pharos import bundles
from pharos.catalogue import Catalogue, FilterInput, Rows
from pharos.errors import RequestError
from pharos.finding import Finder
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.unicode import nfc
from pharos.people import PastItem, People, Profile
from pharos.pipeline import Pipeline, Selection
from pharos.progress import ProgressOption, chosen_progress
from pharos.registry import step_named
from pharos.reranking import RerankingStep, check_needs
from pharos.scoring import past_shares, score_items
from pharos.stages import Candidate
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.settings import TrainingSettings
from pharos.towers.sources.merging import Floats
from pharos.towers.sources.retriever import Retriever
from pharos.towers.text.documents import documents

if TYPE_CHECKING:
    from pharos.figures import Figures

_MOST: Final = 10_000
SOURCE, USER_COLUMN, SHARE, SHARED, RATING = "source", Columns.USER, "share", "shared", "predicted_rating"


class Recommender:
    """A trained model with the users and items of one data set. Thread-safe for reading.

    data: the items that can be answered and the events that are known. bundle: towers, neighbours, content and ranker.
    """

    def __init__(self, bundle: Bundle, data: Dataset, text: Floats | None = None) -> None:
        """Use `pharos.fit` or `pharos.open`. text: float32 [items, t], of the text model, where it is known."""
        bundles.check_fits(bundle, data)
        self.data, self.bundle = data, bundle
        self._catalogue = Catalogue(data)
        self._people = People(self._catalogue)
        if text is None and bundle.text_dimensions:
            text = bundle.embed_text(documents(data.items, bundle.schema.items))
        retriever = Retriever(bundle.towers, bundle.sources, data.items, text)
        self._pipeline = Pipeline(bundle, self._catalogue, retriever)
        self._finder = Finder(self._pipeline, text)

    def __repr__(self) -> str:
        return (
            f"<pharos.Recommender {self.bundle.id} of {self.data.name!r}: {len(self.data.items):,} items, "
            f"{len(self.data.users):,} users>"
        )

    @property
    def settings(self) -> TrainingSettings:
        """The settings of its training."""
        return self.bundle.manifest.settings

    def recommend(
        self,
        users: str | Iterable[str] | None = None,
        *,
        history: Sequence[PastItem] | None = None,
        user_features: Mapping[str, object] | None = None,
        k: int = 10,
        filter: FilterInput = None,
        diversity: float = 0.0,
        exclude: Iterable[str] = (),
        only: Iterable[str] | None = None,
        steps: Sequence[str | RerankingStep] = (),
    ) -> pd.DataFrame:
        """The top k items for each user, or after one history, without items that the user has.

        users: ids; a user of whom nothing is known gets popular and personal items in turn. history: item ids, oldest
        first, or dicts of item_id, rating and timestamp, in place of users. filter: "year>=1990", a list of such, or
        {"year": {"gte": 1990}}. diversity: 0 for the best, to 1 for items unlike each other. exclude, only: item ids.
        steps: own re-ranking steps, by name or as they are.
        Returns user_id (None for a history), rank (from 1), item_id, title, score, source; up to k rows for each user.
        Raises RequestError, FilterError or FeatureError, which say what is allowed.
        """
        people = self._asked(users, history, user_features)
        chosen = [step_named(step) if isinstance(step, str) else step for step in steps]
        for step in chosen:
            check_needs(step, self._catalogue)
        if not 0 <= diversity <= 1:
            raise RequestError(f"diversity: {diversity!r}; allowed is a number from 0 to 1")
        allowed = self._catalogue.allowed(filter, None if only is None else _ids("only", only))
        selection = Selection(_length(k), allowed, self._hidden(exclude), diversity, tuple(chosen))
        lists = self._pipeline.recommend(people, selection)
        frames = [
            self._listed(found, {USER_COLUMN: person.user_id}) for person, found in zip(people, lists, strict=True)
        ]
        return _joined(frames, [USER_COLUMN, *_LIST_COLUMNS])

    def similar(
        self,
        item: str,
        *,
        method: str = "blend",
        k: int = 10,
        filter: FilterInput = None,
        exclude: Iterable[str] = (),
    ) -> pd.DataFrame:
        """The k items most similar to an item: by towers, by co-occurrence, and by content.

        method: all of these weighed ("blend"), or one thing alone, which may find fewer: "tower", "text" (the text
        model's vectors), "neighbours", "tfidf" (the words of the texts), "soup" (names and labels).
        Returns rank, item_id, title, score, source. Raises RequestError for an item that there is none of, and for a
        method that model and data do not allow.
        """
        row, length = self._catalogue.row(nfc(str(item))), _length(k)
        allowed, hidden = self._catalogue.allowed(filter), self._hidden(exclude)
        return self._listed(self._finder.similar(row, length, allowed, hidden, method))

    def search(
        self, text: str, *, k: int = 10, filter: FilterInput = None, exclude: Iterable[str] = ()
    ) -> pd.DataFrame:
        """The k items that match a text: by title first, then by meaning and words.

        Returns rank, item_id, title, score, source.
        """
        if not str(text).strip():
            raise RequestError(f"text: {text!r}; allowed is a text that is not empty")
        allowed, hidden = self._catalogue.allowed(filter), self._hidden(exclude)
        return self._listed(self._finder.search(text, _length(k), allowed, hidden))

    def score(
        self,
        user: str | None = None,
        items: Iterable[str] = (),
        *,
        history: Sequence[PastItem] | None = None,
        user_features: Mapping[str, object] | None = None,
    ) -> pd.DataFrame:
        """Scores of given items for a user, whether or not they would be recommended.

        Returns item_id, title, score, predicted_rating (NaN where the data have no ratings), in the order asked for.
        """
        (person,) = self._asked(user, history, user_features)
        ids = list(dict.fromkeys(_ids("items", items)))
        rows = self._known_rows("items", ids)
        if not len(rows):
            raise RequestError("items: none given; allowed is a list of item ids")
        scores, _ = score_items(self._pipeline, person, rows)
        nothing = np.full(len(rows), np.nan)
        return pd.DataFrame(
            {
                Columns.ITEM: ids,
                Columns.TITLE: [self._catalogue.titles[row] for row in rows.tolist()],
                Columns.SCORE: scores.score.astype(np.float64).round(6),
                RATING: nothing if scores.rating is None else scores.rating.round(2),
            }
        )

    def explain(
        self,
        user: str | None = None,
        item: str = "",
        *,
        history: Sequence[PastItem] | None = None,
        user_features: Mapping[str, object] | None = None,
        k: int = 3,
    ) -> pd.DataFrame:
        """The k past items that contribute most to an item's score.

        Returns item_id and title of the past item, share (of what all past items say, 0 to 1) and shared (the features
        that both have, with the values), the strongest first. `.attrs` holds the item's score and its source.
        """
        (person,) = self._asked(user, history, user_features)
        row = self._catalogue.row(nfc(str(item)))
        scores, encoded = score_items(self._pipeline, person, np.array([row], np.int64))
        shares = past_shares(self._pipeline, encoded, row, scores.source[0])
        best = [place for place in np.argsort(-shares, kind="stable")[: _length(k)].tolist() if shares[place] > 0]
        past = self._catalogue.rows([encoded.query.history[place].item_id for place in best])
        frame = pd.DataFrame(
            {
                Columns.ITEM: [self._catalogue.ids[place] for place in past.tolist()],
                Columns.TITLE: [self._catalogue.titles[place] for place in past.tolist()],
                SHARE: [round(float(shares[place]), 4) for place in best],
                SHARED: [self._catalogue.shared(place, row) for place in past.tolist()],
            }
        )
        frame.attrs = {Columns.ITEM: str(item), Columns.SCORE: float(scores.score[0]), SOURCE: scores.source[0].value}
        return frame

    def user_vectors(
        self,
        users: str | Iterable[str] | None = None,
        *,
        history: Sequence[PastItem] | None = None,
        user_features: Mapping[str, object] | None = None,
    ) -> pd.DataFrame:
        """Vectors of the user tower: one row per user (by default all of the data), d columns.

        float32, each of length 1; index user_id. `.to_numpy()` gives the array [users, d].
        """
        if users is None and history is None:
            users = self._people.all()
        people = self._asked(users, history, user_features)
        index = pd.Index([person.user_id for person in people], name=USER_COLUMN)
        return pd.DataFrame(self._pipeline.user_vectors(people), index=index)

    def item_vectors(self, items: Iterable[str] | None = None) -> pd.DataFrame:
        """Vectors of the item tower: one row per item (by default all of the data), d columns.

        float32, each of length 1; index item_id. The score of the towers is the dot product with a user's vector.
        """
        ids = self._catalogue.ids if items is None else _ids("items", items)
        rows = self._known_rows("items", ids)
        return pd.DataFrame(self._pipeline.retriever.vectors[rows], index=pd.Index(ids, name=Columns.ITEM))

    def evaluate(
        self,
        protocol: str = "chronological",
        *,
        peers: bool | Sequence[str] = False,
        fitted_on: str | None = None,
        budget: float = 180.0,
        progress: ProgressOption = None,
    ) -> "Figures":
        """Train anew on the protocol's training events with the same settings, and evaluate on its test events.

        protocol: chronological, leave-one-out, global, cold or rating; see docs/evaluation.md. peers: whether other
        methods are tuned and judged too, all that fit the protocol, or those of these names. budget: seconds after
        which a method begins no further configuration. Raises EvaluationError, DataError, RequestError.
        """
        from pharos.figures import measure  # which brings TensorFlow

        return measure(
            self.data, self.settings, protocol, peers, fitted_on=fitted_on, budget=budget,
            progress=chosen_progress(progress),
        )  # fmt: skip

    def save(self, folder: str | Path, *, with_data: bool = True) -> Path:
        """Save the bundle below a folder and return its path; `pharos index --bundle ID` makes it live on a server.

        with_data: whether the data set is written into the bundle, so that `pharos.open` needs nothing else. It holds
        everybody's history: leave it out where that must not travel. Raises BundleError.
        """
        return bundles.save(self.bundle, Path(folder), self.data if with_data else None)

    def _asked(
        self,
        users: str | Iterable[str] | None,
        history: Sequence[PastItem] | None,
        user_features: Mapping[str, object] | None,
    ) -> list[Profile]:
        if (users is None) == (history is None):
            raise RequestError("give either users of the data, or a history")
        if history is not None:
            return [self._people.anonymous(history, user_features)]
        if user_features is not None:
            raise RequestError("user_features: allowed with a history; those of a user are in the data")
        return [self._people.known(user) for user in _ids("users", users or ())]

    def _hidden(self, exclude: Iterable[str]) -> Rows:
        rows = self._catalogue.rows(_ids("exclude", exclude))
        return rows[rows >= 0]

    def _known_rows(self, argument: str, ids: Sequence[str]) -> Rows:
        rows = self._catalogue.rows(ids)
        if unknown := [item for item, row in zip(ids, rows.tolist(), strict=True) if row < 0]:
            raise RequestError(
                f"{argument}: no such item {unknown[0]!r}; allowed are the {len(self._catalogue):,} of data.items"
            )
        return rows

    def _listed(self, found: Sequence[Candidate], first: Mapping[str, object] | None = None) -> pd.DataFrame:
        rows = self._catalogue.rows([candidate.item_id for candidate in found])
        return pd.DataFrame(
            {
                **{name: [value] * len(found) for name, value in (first or {}).items()},
                Columns.RANK: np.arange(1, len(found) + 1),
                Columns.ITEM: [candidate.item_id for candidate in found],
                Columns.TITLE: [self._catalogue.titles[row] for row in rows.tolist()],
                Columns.SCORE: [round(candidate.score, 6) for candidate in found],
                SOURCE: [candidate.source.value for candidate in found],
            }
        )


_LIST_COLUMNS: Final = (Columns.RANK, Columns.ITEM, Columns.TITLE, Columns.SCORE, SOURCE)


def _ids(argument: str, given: Iterable[object]) -> list[str]:
    """Ids as text; integers are accepted too, since tables often hold them."""
    many = [given] if isinstance(given, str | int) else list(given)
    for value in many:
        if isinstance(value, bool) or not isinstance(value, str | int | np.integer):
            raise RequestError(f"{argument}: {value!r}; allowed are ids as text")
    return [nfc(str(value)) for value in many]


def _length(k: object) -> int:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= _MOST:
        raise RequestError(f"k: {k!r}; allowed are 1 to {_MOST:,}")
    return int(k)


def _joined(frames: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(columns))

"""The interface of every method: a frozen configuration that is fitted on interactions and then scores, or rates."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

import numpy as np

from pharos.classics.data import Floats, Histories, Need, RankingData, RatingData
from pharos.classics.errors import CannotAnswer
from pharos.classics.scoring import Codes, Scores

if TYPE_CHECKING:
    from pharos.classics.prepare import EmbedItems
    from pharos.classics.recommender import Recommender
    from pharos.ingest.dataset import Dataset


@dataclass(frozen=True)
class Capabilities:
    """What a method supports; anything else raises `CannotAnswer`.

    unknown_users: it recommends to users outside the training data, by their history. new_items: it ranks items
    without events. explanations: it says what each history item adds to a score. Every method recommends to the
    users of its training data.
    """

    unknown_users: bool = False
    new_items: bool = False
    explanations: bool = False


@dataclass(frozen=True)
class Reasons:
    """What each history item adds to a score. items: int64 [n], codes; shares: float64 [n], which sum to the score."""

    items: Codes
    shares: Floats


class Scorer(ABC):
    """A fitted ranking method, with the histories that it answers for."""

    @abstractmethod
    def score(self, users: Codes) -> Scores:
        """Scores of every item for each of `users`: float32 [len(users), items], finite, higher is better.

        The scores of a user do not depend on the others of the batch. A user without a history has scores too.
        """

    def for_histories(self, histories: Histories) -> "Scorer":
        """The same fitted method for other histories: their rows are the users from here on.

        Raises CannotAnswer where the method supports the users of its training data alone.
        """
        raise CannotAnswer("this method supports only the users of its training data")

    def explain(self, user: int, item: int) -> Reasons:
        """The contribution of each item in the history of `user` to the score of `item`. Raises CannotAnswer."""
        raise CannotAnswer("this method cannot explain its scores")


class Method(ABC):
    """What ranking and rating methods share.

    A method is a frozen dataclass: its fields are its settings, all with good defaults. `name` is how reports show it,
    `summary` what it does in a few words, `can` what it can be asked. Equal data and settings give equal answers.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    can: ClassVar[Capabilities] = Capabilities()
    needs: ClassVar[frozenset[Need]] = frozenset()

    @classmethod
    @abstractmethod
    def grid(cls) -> tuple[Self, ...]:
        """Configurations to search, the most promising first, since the time budget may end the search early."""


class Classic(Method):
    """A ranking method.

    fit: fits on `RankingData`, the user-item matrix and what `needs` names, and returns a `Scorer`. score: the
    scorer's scores of all items for some users; `for_histories` answers for other histories. can: what else it
    supports, declared in advance. learn: `fit` on a whole data set, then recommend by ids.
    """

    @abstractmethod
    def fit(self, data: RankingData) -> Scorer:
        """Fit on `data.matrix`, and answer for `data.histories`; the exceptions are in each method's docstring.

        Raises Unfit where the data are too large for the method.
        """

    def learn(self, dataset: "Dataset", embed_items: "EmbedItems | None" = None) -> "Recommender":
        """Fit on a whole data set. embed_items: the text model, for the method that needs its vectors.

        Raises Unfit where the data set lacks what the method reads.
        """
        from pharos.classics.recommender import Recommender  # which stands on this contract

        return Recommender.learn(self, dataset, embed_items)


class Predictor(Protocol):
    """A fitted rating method."""

    def predict(self, users: Codes, items: Codes) -> Floats:
        """Predict the ratings of pairs, given as parallel codes: float64 [len(users)]; unknown pairs have one too."""


class RatingClassic(Method):
    """A rating method; it also ranks items by predicted rating.

    fit: learns from `RatingData` and gives a `Predictor`. It knows the users that it learnt from.
    """

    @abstractmethod
    def fit(self, data: RatingData) -> Predictor:
        """Fit on `data`, which has at least one rating."""

    def learn(self, dataset: "Dataset") -> "Recommender":
        """Fit on all ratings of a data set. Raises Unfit where there are none."""
        from pharos.classics.recommender import Recommender  # which stands on this contract

        return Recommender.learn(self, dataset)


@dataclass(frozen=True)
class PredictedScores(Scorer):
    """A rating method as a ranking method: the score is the predicted rating. items: their count."""

    predictor: Predictor
    items: int

    def score(self, users: Codes) -> Scores:
        every = np.arange(self.items)
        return np.stack([self.predictor.predict(np.full(self.items, user), every) for user in users]).astype(np.float32)

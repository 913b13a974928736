"""The contract of every method: a frozen configuration that learns from interactions and then scores, or rates."""

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
    """What a method can be asked; what it cannot, it refuses with `CannotAnswer`.

    unknown_users: about a person whom it has not met, by the items that the person had. new_items: it can tell apart
    items that nobody has touched. explanations: what each item of the history adds to a score. Every method can be
    asked about the users that it learnt from.
    """

    unknown_users: bool = False
    new_items: bool = False
    explanations: bool = False


@dataclass(frozen=True)
class Reasons:
    """What each item of a history adds to a score. items: int64 [n], codes; shares: float64 [n], which sum to it."""

    items: Codes
    shares: Floats


class Scorer(ABC):
    """What a ranking method has learnt, and whom it is asked about."""

    @abstractmethod
    def score(self, users: Codes) -> Scores:
        """Scores of every item for each of `users`: float32 [len(users), items], finite, higher is better.

        A batch gives what its users give alone. A user without a history has scores too.
        """

    def asked_with(self, histories: Histories) -> "Scorer":
        """The same, asked about other people: the rows of `histories` are the users from here on.

        Raises CannotAnswer where the method knows its own users alone.
        """
        raise CannotAnswer("this method knows the users that it learnt from, and nobody else")

    def explain(self, user: int, item: int) -> Reasons:
        """What each item in the history of `user` adds to the score of `item`. Raises CannotAnswer if it cannot."""
        raise CannotAnswer("this method cannot say what in a history speaks for an item")


class Method(ABC):
    """The half of the contract that ranking and rating methods share.

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
        """Settings worth trying, the most promising first, since time may end before the grid does."""


class Classic(Method):
    """A ranking method: it orders the catalogue for a user.

    fit: learns from `RankingData`, who has what and what else `needs` names, and gives a `Scorer`.
    score: the scorer's scores of all items for some users; `asked_with` turns it to people by their histories.
    can: what it can be asked beside that, declared and not found out by failing. learn: `fit` on a whole data set,
    asked by ids.
    """

    @abstractmethod
    def fit(self, data: RankingData) -> Scorer:
        """Learn from `data.matrix`, to answer with `data.histories`; what cannot, and why, its docstring says.

        Raises Unfit where the data are too large for the method.
        """

    def learn(self, dataset: "Dataset", embed_items: "EmbedItems | None" = None) -> "Recommender":
        """Learn from all of a data set. embed_items: the text model, for the method that needs its vectors.

        Raises Unfit where the data set lacks what the method reads.
        """
        from pharos.classics.recommender import Recommender  # which stands on this contract

        return Recommender.learn(self, dataset, embed_items)


class Predictor(Protocol):
    """What a rating method has learnt."""

    def predict(self, users: Codes, items: Codes) -> Floats:
        """Ratings of pairs, given as parallel codes: float64 [len(users)]; any pair has one, known or not."""


class RatingClassic(Method):
    """A rating method: it predicts what a user would give an item, and so orders the catalogue too.

    fit: learns from `RatingData` and gives a `Predictor`. It knows the users that it learnt from.
    """

    @abstractmethod
    def fit(self, data: RatingData) -> Predictor:
        """Learn from `data`, of at least one rating."""

    def learn(self, dataset: "Dataset") -> "Recommender":
        """Learn from all ratings of a data set. Raises Unfit where it has none."""
        from pharos.classics.recommender import Recommender  # which stands on this contract

        return Recommender.learn(self, dataset)


@dataclass(frozen=True)
class PredictedScores(Scorer):
    """A rating method as one that ranks: by the rating that it expects. items: how many there are."""

    predictor: Predictor
    items: int

    def score(self, users: Codes) -> Scores:
        every = np.arange(self.items)
        return np.stack([self.predictor.predict(np.full(self.items, user), every) for user in users]).astype(np.float32)

"""Rating prediction by matrix factorisation.

A user's factors are inferred from the rated history, so new users work too.

A rating is mean + item bias + user bias + item factors · user factors + noise, all of them normal. Items are learnt by
variational Bayes (Lim and Teh, 2007), with a mean that is read off the item tower's vector, so that a new item has a
prediction too. A person's factors are never learnt: they are the posterior given the history, in closed form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RatingModel:
    """Factors and biases of items; the last column is always the bias.

    mean, low, high: of all ratings. factors: [n, k + 1], the items' posterior means; variances: [n, k + 1].
    reading: [d + 1, k + 1], from an item's vector (and 1) to the factors that are expected of it; spread: [k + 1], the
    variance around them; taste: [k + 1], the variance of people's factors and bias; noise: variance of a rating.
    """

    mean: float
    low: float
    high: float
    factors: Floats
    variances: Floats
    reading: Floats
    spread: Floats
    taste: Floats
    noise: float

    @property
    def item_biases(self) -> Floats:
        """How far above the mean an item is rated by an average user: float64 [n]."""
        return self.factors[:, -1]

    def predict(
        self, past: tuple[Rows, npt.NDArray[np.float32], Floats], rows: Rows, vectors: npt.NDArray[np.float32]
    ) -> Floats:
        """Predicted ratings of n candidates: float64 [n].

        past: rows int64 [l] (-1: training did not see the item), vectors float32 [l, d] and ratings float64 [l] (NaN:
        not rated) of the history; rows: int64 [n]; vectors: float32 [n, d].
        """
        mine = self.person(*past)
        theirs, _ = self._items(rows, vectors)
        ratings: Floats = self.mean + theirs[:, :-1] @ mine[:-1] + theirs[:, -1] + mine[-1]
        return np.clip(ratings, self.low, self.high)

    def person(self, rows: Rows, vectors: npt.NDArray[np.float32], ratings: Floats) -> Floats:
        """Posterior mean of a user's factors and bias, float64 [k + 1]; the prior mean without any rating."""
        rated = np.isfinite(ratings)
        theirs, variances = self._items(rows[rated], vectors[rated])
        left = ratings[rated] - self.mean - theirs[:, -1]
        design = theirs  # a copy, in which the column of the bias is not needed any more
        design[:, -1] = 1
        # An item with uncertain factors says less about a user.
        trust = 1 / (self.noise + variances[:, -1])
        precision = (design * trust[:, None]).T @ design
        diagonal = precision.reshape(-1)[:: len(self.taste) + 1]
        diagonal += 1 / self.taste
        diagonal[:-1] += trust @ variances[:, :-1]
        return np.linalg.solve(precision, design.T @ (trust * left)).astype(np.float64)

    def _items(self, rows: Rows, vectors: npt.NDArray[np.float32]) -> tuple[Floats, Floats]:
        factors, variances, new = self.factors[rows], self.variances[rows], rows < 0
        if new.any():
            factors[new] = np.column_stack([vectors[new], np.ones(int(new.sum()))]) @ self.reading
            variances[new] = self.spread
        return factors, variances

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """The model as named arrays, to be saved."""
        return {name: np.asarray(value) for name, value in vars(self).items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Self:
        """The inverse of `arrays`."""
        scalars = ("mean", "low", "high", "noise")
        values: dict[str, Any] = {name: float(arrays[name]) for name in scalars}
        rest = ("factors", "variances", "reading", "spread", "taste")
        return cls(**values, **{name: arrays[name] for name in rest})

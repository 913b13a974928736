"""Training of the rating model by variational Bayes: users and items alternate, each solved in closed form."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pharos.towers.progress import Progress
from pharos.towers.ratings.model import Floats, RatingModel, Rows
from pharos.towers.settings import RatingSettings

_FIRST_DEVIATION = 0.1
_BIAS_VARIANCE = 0.2
_RIDGE = 10.0


@dataclass
class _Side:
    """Normal posteriors of all users, or of all items. means: [n, k + 1]; covariances: [n, k + 1, k + 1]."""

    means: Floats
    covariances: Floats


def fit_ratings(
    users: Rows,
    items: Rows,
    ratings: Floats,
    vectors: npt.NDArray[np.float32],
    settings: RatingSettings,
    progress: Progress,
) -> RatingModel:
    """Fit the rating model on e ratings.

    users, items: int64 [e], their rows, each pair once; ratings: float64 [e]; vectors: float32 [n, d], the item
    tower's, of all n items.
    """
    fit = _Fit(users, items, ratings, vectors, settings)
    with progress.task("Ratings", settings.sweeps) as task:
        for _ in range(settings.sweeps):
            fit.sweep()
            task.advance()
        task.note(f"noise {fit.noise**0.5:.3f}, deviation of ratings {ratings.std():.3f}")
    return fit.model()


class _Fit:
    def __init__(
        self, users: Rows, items: Rows, ratings: Floats, vectors: npt.NDArray[np.float32], settings: RatingSettings
    ) -> None:
        self._users, self._items, self._mean = users, items, float(ratings.mean())
        self._left = ratings - self._mean
        self._range = float(ratings.min()), float(ratings.max())
        count, n = int(users.max()) + 1, len(vectors)
        cells = sp.csr_matrix((np.ones(len(users)), (users, items)), (count, n))
        values = sp.csr_matrix((self._left, (users, items)), (count, n))
        self._by_user, self._by_item = (cells, values), (cells.T.tocsr(), values.T.tocsr())
        self._rated = np.bincount(items, minlength=n)
        width = settings.factors + 1
        rng = np.random.default_rng(settings.seed)
        first = rng.normal(0, _FIRST_DEVIATION, (n, width))
        first[:, -1] = 0
        self._item_side = _Side(first, np.tile(np.eye(width) * _FIRST_DEVIATION**2, (n, 1, 1)))
        self._user_side = _Side(np.zeros((count, width)), np.zeros((count, width, width)))
        self._design = np.column_stack([vectors, np.ones(n)]).astype(np.float64)
        self._reading = np.zeros((self._design.shape[1], width), np.float64)
        # Factors have no scale of their own, so people's have variance 1.
        self._taste = np.append(np.ones(settings.factors), _BIAS_VARIANCE)
        self._spread = np.append(np.full(settings.factors, 0.05), _BIAS_VARIANCE)
        self.noise = float(ratings.var()) or 1.0

    def sweep(self) -> None:
        """One sweep: users given items, items given users, then the variances."""
        self._user_side = self._posterior(self._by_user, self._item_side, self._taste, 0.0)
        self._item_side = self._posterior(self._by_item, self._user_side, self._spread, self._design @ self._reading)
        self._regress_on_vectors()
        self._taste[-1] = np.mean(self._user_side.means[:, -1] ** 2 + self._user_side.covariances[:, -1, -1])
        self.noise = self._expected_error()

    def model(self) -> RatingModel:
        """The fitted model."""
        low, high = self._range
        variances = np.einsum("nii->ni", self._item_side.covariances)
        return RatingModel(
            self._mean,
            low,
            high,
            self._item_side.means,
            variances,
            self._reading,
            self._spread,
            self._taste,
            self.noise,
        )

    def _posterior(
        self, events: tuple[sp.csr_matrix, sp.csr_matrix], others: _Side, variance: Floats, prior: Floats | float
    ) -> _Side:
        """The posterior of one side given the other: the normal equations of all rows, as two sparse products."""
        cells, values = events
        width = others.means.shape[1]
        design, bias = others.means.copy(), others.means[:, -1]
        design[:, -1] = 1
        spread = others.covariances.copy()
        spread[:, -1], spread[:, :, -1] = 0, 0
        outer = (design[:, :, None] * design[:, None, :] + spread).reshape(len(design), -1)
        precision = (cells @ outer).reshape(-1, width, width) / self.noise
        together = others.covariances[:, :, -1].copy()
        together[:, -1] = 0
        pull = (values @ design - cells @ (design * bias[:, None] + together)) / self.noise
        precision[:, np.arange(width), np.arange(width)] += 1 / variance
        covariances = np.linalg.inv(precision).astype(np.float64)
        return _Side(np.einsum("nij,nj->ni", covariances, pull + prior / variance), covariances)

    def _regress_on_vectors(self) -> None:
        """Regress the factors on the item tower's vectors: sets `_reading`, the map, and `_spread`, the rest."""
        known = self._rated > 0
        design, weights = self._design[known], (self._rated[known] / (self._rated[known] + 5.0))[:, None]
        gram = design.T @ (weights * design) + np.eye(design.shape[1]) * _RIDGE
        self._reading = np.linalg.solve(gram, design.T @ (weights * self._item_side.means[known])).astype(np.float64)
        away = self._item_side.means[known] - design @ self._reading
        self._spread = np.mean(away**2 + np.einsum("nii->ni", self._item_side.covariances[known]), axis=0)

    def _expected_error(self) -> float:
        """The expected squared error of the ratings under both posteriors, averaged."""
        total, block = 0.0, 65536
        for start in range(0, len(self._users), block):
            part = slice(start, start + block)
            x, v = self._users[part], self._items[part]
            mine, theirs = self._user_side.means[x], self._item_side.means[v]
            mine_var, their_var = self._user_side.covariances[x], self._item_side.covariances[v]
            a, b, s, t = mine[:, :-1], theirs[:, :-1], mine_var[:, :-1, :-1], their_var[:, :-1, :-1]
            left = self._left[part] - np.einsum("nk,nk->n", a, b) - mine[:, -1] - theirs[:, -1]
            variance = (
                np.einsum("nij,nij->n", s, t)
                + np.einsum("nij,ni,nj->n", s, b, b)
                + np.einsum("nij,ni,nj->n", t, a, a)
                + mine_var[:, -1, -1]
                + their_var[:, -1, -1]
                + 2 * np.einsum("nk,nk->n", mine_var[:, :-1, -1], b)
                + 2 * np.einsum("nk,nk->n", their_var[:, :-1, -1], a)
            )
            total += float(np.sum(left**2 + variance))
        return total / len(self._users)

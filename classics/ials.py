"""iALS: weighted matrix factorisation of implicit feedback (Hu, Koren and Volinsky, 2008), by `implicit`."""

from dataclasses import dataclass, replace
from itertools import product
from typing import Any, ClassVar

import numpy as np

from pharos.classics import extras
from pharos.classics.base import Capabilities, Classic
from pharos.classics.data import Histories, RankingData
from pharos.classics.scorers import Factors


@dataclass(frozen=True)
class ImplicitALS(Classic):
    """Minimises alpha sum over observed (u, i) of (1 - p_u q_i)^2 + sum over all others of (p_u q_i)^2 + penalty.

    penalty = regularization (sum |p_u|^2 + sum |q_i|^2), score(u, i) = p_u q_i (http://yifanhu.net/PUB/cf.pdf). For
    histories that are longer than the training data, user vectors are solved anew, with the learnt item vectors.

    factors: length of a vector. regularization: the penalty. alpha: weight of an event against an absent one.
    iterations: sweeps over users and items. seed: of the first vectors.
    """

    name: ClassVar[str] = "iALS"
    summary: ClassVar[str] = "factors of implicit feedback, by alternating least squares"
    can: ClassVar[Capabilities] = Capabilities(unknown_users=True)

    factors: int = 64
    regularization: float = 0.1
    alpha: float = 1.0
    iterations: int = 15
    seed: int = 0

    @classmethod
    def grid(cls) -> tuple["ImplicitALS", ...]:
        return tuple(cls(*values) for values in product((64, 128, 256, 32), (20.0, 10.0, 5.0, 50.0), (4.0, 2.0, 10.0)))

    def fit(self, data: RankingData) -> "SolvedFactors":
        # The solver has threads of its own; those of the linear algebra beneath would only contend with them.
        with extras.load("threadpoolctl").threadpool_limits(1, "blas"):
            model = extras.load("implicit.cpu.als").AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularization,
                alpha=self.alpha,
                iterations=self.iterations,
                random_state=self.seed,
            )
            model.fit(data.matrix, show_progress=False)
            users = model.user_factors
            if data.asked is not None:
                users = model.recalculate_user(np.arange(data.asked.shape[0]), data.asked)
        return SolvedFactors(users, model.item_factors, model)


@dataclass(frozen=True)
class SolvedFactors(Factors):
    """Factors whose user vectors are solved from the histories. model: of `implicit`, fitted."""

    model: Any

    def for_histories(self, histories: Histories) -> "SolvedFactors":
        people = np.arange(histories.matrix.shape[0])
        return replace(self, users=self.model.recalculate_user(people, histories.matrix))

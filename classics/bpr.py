"""BPR: matrix factorisation with a pairwise ranking loss (Rendle et al., 2009), by `implicit`."""

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

from pharos.classics import extras
from pharos.classics.base import Classic
from pharos.classics.data import RankingData
from pharos.classics.scorers import Factors


@dataclass(frozen=True)
class BPR(Classic):
    """Minimises the sum of -ln sigmoid(p_u q_i - p_u q_j) + penalty, over what u has (i) and chance picks u lacks (j).

    score(u, i) = p_u q_i, where an item's vector has a bias, too (Rendle, Freudenthaler, Gantner and Schmidt-
    Thieme, 2009, https://arxiv.org/abs/1205.2618). User vectors are learnt in training, so that later events of a
    history have no effect.

    factors: length of a vector. learning_rate, regularization: of the gradient steps. iterations: epochs.
    seed: of the first vectors and the samples.
    """

    name: ClassVar[str] = "BPR"
    summary: ClassVar[str] = "factors with a pairwise ranking loss"

    factors: int = 64
    learning_rate: float = 0.05
    regularization: float = 0.01
    iterations: int = 100
    seed: int = 0

    @classmethod
    def grid(cls) -> tuple["BPR", ...]:
        usual = [cls(*values) for values in product((64, 128), (0.02, 0.05), (0.03, 0.01), (300, 100))]
        return (*usual, cls(64, 0.02, 0.03, 600), cls(64, 0.02, 0.1, 300))

    def fit(self, data: RankingData) -> Factors:
        model = extras.load("implicit.cpu.bpr").BayesianPersonalizedRanking(
            factors=self.factors,
            learning_rate=self.learning_rate,
            regularization=self.regularization,
            iterations=self.iterations,
            random_state=self.seed,
            # More threads write to shared vectors without locks, and no run would be like another.
            num_threads=1,
        )
        model.fit(data.matrix, show_progress=False)
        return Factors(model.user_factors, model.item_factors)

"""Methods against other people's implementations of the same formulas."""

import numpy as np
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import CosineRecommender
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD

from pharos.classics import EASE, ItemKNN, PureSVD
from pharos.classics.data import RankingData
from pharos.classics.truncated_svd import truncated_svd
from pharos.classics.weighted_mf import alternate

USERS, ITEMS, FACTORS = 30, 20, 4
EVERYONE = np.arange(USERS)


@pytest.fixture(scope="module")
def matrix() -> csr_matrix:
    return csr_matrix((np.random.default_rng(3).random((USERS, ITEMS)) < 0.3).astype(np.float32))


def test_ease_is_the_dense_formula_of_the_paper(matrix: csr_matrix) -> None:
    dense = matrix.toarray().astype(np.float64)
    precision = np.linalg.inv(dense.T @ dense + 50 * np.eye(ITEMS))
    weights = np.eye(ITEMS) - precision @ np.diag(1 / np.diag(precision))
    np.fill_diagonal(weights, 0)
    np.testing.assert_allclose(EASE(50.0).fit(RankingData(matrix)).score(EVERYONE), dense @ weights, atol=1e-4)


def test_weighted_mf_takes_the_steps_of_implicit_from_the_same_start(matrix: csr_matrix) -> None:
    """With the objective divided by w0: confidence 1 / w0 and penalty / w0."""
    unobserved, penalty, sweeps = 0.1, 0.5, 5
    users, items = alternate(matrix.astype(np.float64), FACTORS, unobserved, penalty, sweeps, seed=0)
    other = AlternatingLeastSquares(
        factors=FACTORS,
        regularization=penalty / unobserved,
        alpha=1 / unobserved,
        iterations=sweeps,
        dtype=np.float64,
        use_cg=False,
        num_threads=1,
    )
    other.item_factors = np.random.default_rng(0).normal(0.0, 0.1, (ITEMS, FACTORS))
    other.user_factors = np.zeros((USERS, FACTORS))
    other.fit(matrix, show_progress=False)
    np.testing.assert_allclose(users @ items.T, other.user_factors @ other.item_factors.T, atol=1e-4)


def test_weighted_mf_lowers_the_two_sums_with_every_sweep(matrix: csr_matrix) -> None:
    dense = matrix.toarray().astype(np.float64)

    def objective(sweeps: int) -> float:
        users, items = alternate(matrix.astype(np.float64), FACTORS, 0.1, 0.5, sweeps, seed=0)
        off = np.where(dense > 0, 1.0, 0.1) * (dense - users @ items.T) ** 2
        return float(off.sum() + 0.5 * ((users**2).sum() + (items**2).sum()))

    reached = [objective(sweeps) for sweeps in range(1, 6)]
    assert reached == sorted(reached, reverse=True)


def test_item_neighbours_are_the_cosines_of_implicit(matrix: csr_matrix) -> None:
    other = CosineRecommender(K=ITEMS)
    other.fit(matrix, show_progress=False)
    similarity = other.similarity.toarray()
    np.fill_diagonal(similarity, 0)
    ours = ItemKNN(neighbours=ITEMS, shrink=0.0).fit(RankingData(matrix)).score(EVERYONE)
    np.testing.assert_allclose(ours, matrix.toarray() @ similarity, atol=1e-4)


def test_the_truncated_svd_is_that_of_scikit_learn(matrix: csr_matrix) -> None:
    other = TruncatedSVD(FACTORS, algorithm="arpack", random_state=0).fit(matrix.astype(np.float64))
    left, values, right = truncated_svd(matrix.astype(np.float64), FACTORS)
    np.testing.assert_allclose(values, other.singular_values_, atol=1e-4)
    rebuilt = other.inverse_transform(other.transform(matrix.astype(np.float64)))
    np.testing.assert_allclose(left * values @ right.T, rebuilt, atol=1e-4)
    np.testing.assert_allclose(PureSVD(FACTORS).fit(RankingData(matrix)).score(EVERYONE), rebuilt, atol=1e-4)


def test_large_matrices_are_decomposed_as_small_ones_are() -> None:
    large = csr_matrix((np.random.default_rng(1).random((150, 120)) < 0.1).astype(np.float64))
    left, values, right = truncated_svd(large, 5)
    whole = np.linalg.svd(large.toarray())
    np.testing.assert_allclose(left * values @ right.T, whole[0][:, :5] * whole[1][:5] @ whole[2][:5], atol=1e-6)

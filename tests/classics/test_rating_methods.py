"""What every rating method keeps: the contract of `pharos.classics.base.RatingClassic`."""

from dataclasses import replace

import numpy as np
import pytest

from pharos.classics.base import RatingClassic
from pharos.classics.biases import Biases
from pharos.classics.data import RatingData
from pharos.classics.embedding_mf import DeepEmbeddingMF, EmbeddingMF
from pharos.classics.global_mean import GlobalMean
from pharos.classics.gradient_mf import GradientMF
from pharos.classics.matrix_factorization import MatrixFactorization
from pharos.classics.registry import RATING
from pharos.classics.svd_ratings import SVDRatings
from pharos.classics.weighted_ratings import WeightedRatings
from tests.classics.worlds import SIZE, additive_rating, additive_ratings, taste_ratings

DIAGONAL = np.arange(SIZE)
# Those that train in Keras take many seconds for each test.
every_peer = pytest.mark.parametrize(
    "peer",
    [pytest.param(peer, marks=pytest.mark.slow if issubclass(peer, EmbeddingMF) else ()) for peer in RATING],
    ids=lambda peer: peer.name,
)


@every_peer
def test_every_pair_has_a_finite_rating_even_of_the_unknown(peer: type[RatingClassic]) -> None:
    data = replace(additive_ratings(), n_users=SIZE + 1, n_items=SIZE + 1)
    users, items = np.divmod(np.arange((SIZE + 1) ** 2), SIZE + 1)
    assert np.isfinite(peer().fit(data).predict(users, items)).all()


@every_peer
def test_a_user_and_an_item_that_nobody_knows_get_the_mean(peer: type[RatingClassic]) -> None:
    data = replace(additive_ratings(), n_users=SIZE + 1, n_items=SIZE + 1)
    unknown = np.array([SIZE])
    assert peer().fit(data).predict(unknown, unknown) == pytest.approx([data.ratings.mean()])


@every_peer
def test_a_batch_is_rated_as_its_pairs_alone(peer: type[RatingClassic]) -> None:
    predictor = peer().fit(taste_ratings())
    alone = [predictor.predict(DIAGONAL[[pair]], DIAGONAL[[pair]])[0] for pair in range(SIZE)]
    np.testing.assert_allclose(predictor.predict(DIAGONAL, DIAGONAL), alone)


@every_peer
def test_fitting_twice_predicts_the_same(peer: type[RatingClassic]) -> None:
    first, second = (peer().fit(taste_ratings()).predict(DIAGONAL, DIAGONAL) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@every_peer
def test_the_grid_has_no_configuration_twice(peer: type[RatingClassic]) -> None:
    assert len(set(peer.grid())) == len(peer.grid()) >= 1


def test_the_global_mean_is_the_mean() -> None:
    assert GlobalMean().fit(taste_ratings()).predict(DIAGONAL[:1], DIAGONAL[:1]) == taste_ratings().ratings.mean()


@pytest.mark.parametrize("config", [Biases(0.01, 0.01), MatrixFactorization(4, penalty=5.0, bias_penalty=0.01)])
def test_biases_restore_ratings_that_are_sums(config: Biases | MatrixFactorization) -> None:
    predicted = config.fit(additive_ratings()).predict(DIAGONAL, DIAGONAL)
    np.testing.assert_allclose(predicted, additive_rating(DIAGONAL, DIAGONAL), atol=0.02)


def test_factors_restore_tastes_that_biases_cannot() -> None:
    biases = Biases().fit(taste_ratings()).predict(DIAGONAL, DIAGONAL)
    factors = MatrixFactorization(4, penalty=1.0).fit(taste_ratings()).predict(DIAGONAL, DIAGONAL)
    assert biases.max() < 3.5
    assert factors.min() > 4.5


@pytest.mark.parametrize(
    "config",
    [
        GradientMF(4, penalty=0.01, learning_rate=0.05, epochs=60),
        WeightedRatings(4, unobserved=0.01, penalty=1.0),
        SVDRatings(1),  # the second and later singular values are equal: which vectors they get is chance
        EmbeddingMF(4, l2=0.0005, epochs=40, learning_rate=0.02),
        DeepEmbeddingMF(4, l2=0.001, hidden=(16,), epochs=40, learning_rate=0.01),
    ],
    ids=lambda config: config.name,
)
def test_every_factor_model_tells_tastes_that_biases_cannot(config: RatingClassic) -> None:
    assert config.fit(taste_ratings()).predict(DIAGONAL, DIAGONAL).min() > 4.0


@every_peer
def test_where_all_ratings_are_equal_that_is_what_is_predicted(peer: type[RatingClassic]) -> None:
    data = replace(taste_ratings(), ratings=np.full(SIZE * (SIZE - 1), 4.0))
    assert peer().fit(data).predict(DIAGONAL, DIAGONAL) == pytest.approx(4.0)


@every_peer
@pytest.mark.parametrize(("users", "items"), [(1, 3), (3, 1), (1, 1)])
def test_takes_one_user_and_one_item(peer: type[RatingClassic], users: int, items: int) -> None:
    by_user, by_item = np.divmod(np.arange(users * items), items)
    data = RatingData(by_user, by_item, 1.0 + np.arange(users * items), users, items)
    assert np.isfinite(peer().fit(data).predict(by_user, by_item)).all()


def test_few_ratings_move_a_bias_less_than_many() -> None:
    data = additive_ratings()
    once = replace(data, users=data.users[:1], items=data.items[:1], ratings=np.array([5.0]))
    more = replace(once, users=np.array([0, 1]), items=np.array([0, 1]), ratings=np.array([5.0, 1.0]))
    gentle, firm = (Biases(p, p).fit(more).predict(np.array([0]), np.array([0]))[0] for p in (0.1, 10.0))
    assert 3.0 < firm < gentle < 5.0

"""Matrix factorisation with embeddings and biases, trained in Keras; and its deep variant."""

from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar, Self

import numpy as np

from pharos.classics.base import Predictor, RatingClassic
from pharos.classics.data import Floats, RatingData
from pharos.classics.global_mean import Constant
from pharos.classics.keras import load_keras
from pharos.classics.scoring import Codes

_FEWEST_STEPS, _SMALLEST_BATCH = 30, 16
"""Least steps per epoch, and least ratings per batch, which takes precedence."""

_STEPS_A_CALL = 50


@dataclass(frozen=True)
class EmbeddingMF(RatingClassic):
    """r(u, i) = low + (high - low) * sigmoid(f(e_u, e_i) + b_u + b_i + b), with low and high the range of the ratings.

    f is the dot product, or with `hidden` a network of dense layers over both vectors (He et al., 2017,
    https://arxiv.org/abs/1708.05031). Mean squared error, L2 on the vectors of each rating's user and item, Adam.

    factors: length of a vector. l2: of vectors. bias_l2: of biases. hidden: units of the dense layers, none for the dot
    product. epochs, batch, learning_rate: of the training; steps grow smaller with each epoch. seed: of first vectors
    and order.
    """

    name: ClassVar[str] = "Embedding MF"
    summary: ClassVar[str] = "embeddings and biases in Keras, a sigmoid over the rating range"

    factors: int = 32
    l2: float = 0.006
    bias_l2: float = 0.002
    hidden: tuple[int, ...] = ()
    epochs: int = 20
    batch: int = 512
    learning_rate: float = 0.005
    seed: int = 0

    @classmethod
    def grid(cls) -> tuple[Self, ...]:
        return tuple(cls(factors, l2) for l2, factors in product((0.006, 0.008, 0.005), (32, 16)))

    def fit(self, data: RatingData) -> Predictor:
        mean, low, high = (float(figure) for figure in (data.ratings.mean(), data.ratings.min(), data.ratings.max()))
        if low == high:
            return Constant(mean)
        keras = load_keras()
        model = self._model(keras, data, np.clip((mean - low) / (high - low), 0.01, 0.99))
        size = int(np.clip(len(data.ratings) // _FEWEST_STEPS, min(_SMALLEST_BATCH, self.batch), self.batch))
        rates = keras.optimizers.schedules.PolynomialDecay(
            self.learning_rate, self.epochs * -(-len(data.ratings) // size), self.learning_rate / 20
        )
        # Many steps a call: one by one, calling costs more than the steps.
        model.compile(keras.optimizers.Adam(rates), loss="mse", steps_per_execution=_STEPS_A_CALL)
        random, targets = np.random.default_rng(self.seed), (data.ratings - low) / (high - low)
        for _ in range(self.epochs):
            # Shuffled here and not by Keras, whose seed is one for the whole process.
            rows = random.permutation(len(targets))
            model.fit([data.users[rows], data.items[rows]], targets[rows], size, shuffle=False, verbose=0)
        return EmbeddingPredictor.of(model, data)

    def _model(self, keras: Any, data: RatingData, share: float) -> Any:
        layers, seeds = keras.layers, iter(range(self.seed * 100, self.seed * 100 + 100))

        def table(name: str, rows: int, width: int, l2: float, spread: float) -> Any:
            start = keras.initializers.RandomNormal(stddev=spread, seed=next(seeds))
            # The penalty counts once per rating, so that it does not grow weaker for users with many ratings.
            return layers.Embedding(
                rows, width, name=name, embeddings_initializer=start, activity_regularizer=keras.regularizers.L2(l2)
            )

        user, item = keras.Input((), dtype="int64"), keras.Input((), dtype="int64")
        spread = 0.1 / self.factors**0.5 if self.hidden else (0.1 / self.factors) ** 0.5
        users = table("users", data.n_users, self.factors, self.l2, spread)(user)
        items = table("items", data.n_items, self.factors, self.l2, spread)(item)
        biases = [
            table("user_bias", data.n_users, 1, self.bias_l2, 0.0)(user),
            table("item_bias", data.n_items, 1, self.bias_l2, 0.0)(item),
        ]
        if self.hidden:
            state = layers.Concatenate()([users, items])
            for place, units in enumerate(self.hidden):
                start = keras.initializers.HeNormal(seed=next(seeds))
                state = layers.Dense(units, "relu", kernel_initializer=start, name=f"hidden_{place}")(state)
            start = keras.initializers.GlorotNormal(seed=next(seeds))
            matched = layers.Dense(1, use_bias=False, kernel_initializer=start, name="match")(state)
        else:
            matched = layers.Dot(1)([users, items])
        level = keras.initializers.Constant(float(np.log(share / (1 - share))))
        summed = layers.Add()([matched, *biases])
        # The weight has norm 1: if it could grow, it would undo the penalty on the vectors.
        one = keras.constraints.UnitNorm(axis=0)
        rated = layers.Dense(
            1, "sigmoid", kernel_initializer="ones", kernel_constraint=one, bias_initializer=level, name="level"
        )(summed)
        return keras.Model([user, item], rated)


@dataclass(frozen=True)
class DeepEmbeddingMF(EmbeddingMF):
    """The same with f = m' relu(W_2 relu(W_1 [e_u, e_i] + c_1) + c_2): dense layers in place of the dot product."""

    name: ClassVar[str] = "Deep embedding MF"
    summary: ClassVar[str] = "dense layers over the embeddings of user and item, in Keras"

    l2: float = 0.06
    bias_l2: float = 0.02
    hidden: tuple[int, ...] = (64, 32)
    epochs: int = 4
    learning_rate: float = 0.003

    @classmethod
    def grid(cls) -> tuple[Self, ...]:
        return tuple(cls(factors, l2) for l2, factors in product((0.06, 0.03, 0.12), (32, 16)))


@dataclass(frozen=True)
class EmbeddingPredictor:
    """The fitted model as arrays: prediction needs no TensorFlow.

    users, items: [n, factors + 1], a vector and then a bias; zeros where nothing is known. layers: weights and biases
    of the dense layers, none for the dot product; match: [units, 1] after them. level: b. mean: of all ratings,
    for a pair of which nothing is known. low, high: their range.
    """

    users: Floats
    items: Floats
    layers: tuple[tuple[Floats, Floats], ...]
    match: Floats | None
    level: float
    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, model: Any, data: RatingData) -> "EmbeddingPredictor":
        """Read the weights of a trained model."""

        def weights(name: str) -> list[Floats]:
            return [np.asarray(part, np.float64) for part in model.get_layer(name).get_weights()]

        names = [layer.name for layer in model.layers]
        users = np.column_stack([weights("users")[0], weights("user_bias")[0]])
        items = np.column_stack([weights("items")[0], weights("item_bias")[0]])
        users[np.bincount(data.users, minlength=data.n_users) == 0] = 0.0
        items[np.bincount(data.items, minlength=data.n_items) == 0] = 0.0
        hidden = [weights(name) for name in names if name.startswith("hidden_")]
        return cls(
            users,
            items,
            tuple((kernel, bias) for kernel, bias in hidden),
            weights("match")[0] if hidden else None,
            float(weights("level")[1][0]),
            float(data.ratings.mean()),
            float(data.ratings.min()),
            float(data.ratings.max()),
        )

    def predict(self, users: Codes, items: Codes) -> Floats:
        mine, theirs = self.users[users], self.items[items]
        if self.match is None:
            matched = np.einsum("nd,nd->n", mine[:, :-1], theirs[:, :-1])
        else:
            state = np.concatenate([mine[:, :-1], theirs[:, :-1]], axis=1)
            for kernel, bias in self.layers:
                state = np.maximum(state @ kernel + bias, 0.0)
            matched = (state @ self.match)[:, 0]
        summed = matched + mine[:, -1] + theirs[:, -1] + self.level
        ratings: Floats = self.low + (self.high - self.low) / (1 + np.exp(-summed))
        unknown = ~(mine.any(axis=1) | theirs.any(axis=1))
        return np.where(unknown, self.mean, ratings)

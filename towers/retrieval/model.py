"""The retrieval model: both towers and the sampled softmax loss."""

import math
from typing import Any

from pharos.towers.backend import tf, tfrs
from pharos.towers.retrieval.item_tower import ItemTower
from pharos.towers.retrieval.precision import product
from pharos.towers.retrieval.unordered_user_tower import UnorderedUserTower
from pharos.towers.retrieval.user_tower import UserTower

_IMPOSSIBLE = -1e9
# e to this, over a million candidates and their corrections, is still far from the greatest float.
_SAFE_EXPONENT = 50.0
_PERSON = ("present", "rating", "position", "context", "metadata", "user")


class SharedCandidates(tfrs.tasks.Retrieval):
    """TFRS retrieval task for queries that share one set of candidates; each query names its positive by position.

    `tfrs.tasks.Retrieval` expects the positive of query i at candidate i, which repeats popular items within a batch
    and leaves their copies to be masked. Here each candidate stands once: with the whole catalogue as candidates the
    loss is the exact softmax, and with a part of it a sampled softmax.
    """

    def __init__(self, *, half: bool = False) -> None:
        """half: whether the products of the gradient are in bfloat16; the loss itself is float32."""
        super().__init__()
        self._half = half

    def call(
        self, queries: Any, candidates: Any, positives: Any, shares: Any, probability: Any, score_mask: Any
    ) -> Any:
        """The mean cross-entropy: a scalar.

        queries: [q, d], already divided by the temperature; candidates: [c, d]; positives: int32 [q, p], p of them for
        each query, each against the negatives alone; shares: [q, p], what each counts, 1 in a row;
        probability: [c], the chance of each candidate to be one, 1 where nothing is sampled; score_mask: bool [q, c],
        False where the candidate is known to be liked by the query's user, or is a positive itself.
        The logits are corrected by the logarithm of the chance (logQ: Bengio and Senécal, 2008; Yi et al., 2019).
        """
        negatives = _log_sum_exp(
            queries, candidates, tf.clip_by_value(probability, 1e-6, 1.0), score_mask, half=self._half
        )
        # Computed again, and not taken from the logits, whose gradient would be a second table of their size.
        liked = tf.reduce_sum(queries[:, None] * rows_of(candidates, positives), axis=-1)
        positive = tfrs.layers.loss.SamplingProbablityCorrection()(liked, tf.gather(probability, positives))
        # -log(e^p / (e^p + sum of e^n)), with no overflow on either side.
        losses = tf.nn.softplus(negatives - positive)
        return tf.reduce_mean(tf.reduce_sum(losses * shares, axis=1))


def _log_sum_exp(queries: Any, candidates: Any, probability: Any, mask: Any, *, half: bool) -> Any:
    """Log-sum-exp of the corrected logits where the mask is True: [q, 1].

    queries: [q, d]; candidates: [c, d]; probability: [c]; mask: bool [q, c]; half: whether the products of the
    gradient are in bfloat16. The table of q times c numbers is what a step of training waits for, so it is gone over
    as few times as can be: the probabilities divide the candidates and not the table, and the gradient's factors
    multiply the queries.
    """

    @tf.custom_gradient
    def of(queries: Any, candidates: Any) -> Any:
        logits = tf.matmul(queries, candidates, transpose_b=True)
        highest = _highest(queries, candidates, logits, mask)
        exponentials = tf.where(mask, tf.exp(_less(logits, highest)), 0.0)
        total = tf.maximum(tf.matmul(exponentials, 1 / probability[:, None]), 1e-30)

        def gradient(upstream: Any) -> tuple[Any, Any]:
            weights = upstream / total
            table = tf.cast(exponentials, tf.bfloat16) if half else exponentials
            to_queries = weights * product(table, candidates / probability[:, None], half=half)
            to_candidates = product(table, weights * queries, half=half, transpose_a=True) / probability[:, None]
            return to_queries, to_candidates

        return highest + tf.math.log(total), gradient

    return of(queries, candidates)


def _highest(queries: Any, candidates: Any, logits: Any, mask: Any) -> Any:
    """What to take from each row of logits before the exponential: [q, 1]; 0 where no exponential can overflow.

    By the inequality of Cauchy and Schwarz no logit is beyond the product of the greatest lengths.
    """
    bound = tf.reduce_max(tf.norm(queries, axis=1)) * tf.reduce_max(tf.norm(candidates, axis=1))
    return tf.cond(
        bound < _SAFE_EXPONENT,
        lambda: tf.zeros([tf.shape(logits)[0], 1]),
        lambda: tf.reduce_max(tf.where(mask, logits, _IMPOSSIBLE), axis=1, keepdims=True),
    )


def _less(logits: Any, highest: Any) -> Any:
    """The difference; where there is nothing to take away, the table as it is."""
    return tf.cond(tf.reduce_all(tf.equal(highest, 0.0)), lambda: logits, lambda: logits - highest)


@tf.custom_gradient
def rows_of(table: Any, places: Any) -> Any:
    """The rows of a table [n, d] at `places`, int32 of any shape; as `tf.gather`, but with a dense gradient.

    TensorFlow joins several sparse gradients of one table by a slow sum over segments.
    """

    def gradient(upstream: Any) -> tuple[Any, None]:
        rows = tf.reshape(upstream, [-1, table.shape[1]])
        return tf.tensor_scatter_nd_add(tf.zeros_like(table), tf.reshape(places, [-1, 1]), rows), None

    return tf.gather(table, places), gradient


class SoftTargets(tfrs.tasks.Retrieval):
    """TFRS retrieval task whose targets are distributions over the candidates, not single positives."""

    def call(self, queries: Any, candidates: Any, targets: Any, weights: Any, probability: Any, score_mask: Any) -> Any:
        """The mean cross-entropy: a scalar.

        targets: [q, c], 1 in a row and 0 where the mask is False; weights: [q], what each query counts, 1 on average;
        the others as `SharedCandidates` takes them.
        """
        logits = tf.matmul(queries, candidates, transpose_b=True)
        logits = tfrs.layers.loss.SamplingProbablityCorrection()(logits, probability)
        losses = tf.nn.softmax_cross_entropy_with_logits(targets, tf.where(score_mask, logits, _IMPOSSIBLE))
        return tf.reduce_mean(losses * weights)


class RetrievalModel(tfrs.Model):
    """Both towers with a learnt temperature, trained to predict events from those before them."""

    def __init__(
        self,
        item_tower: ItemTower,
        user_tower: UserTower | UnorderedUserTower,
        temperature: float,
        *,
        half: bool = False,
    ) -> None:
        """temperature: initial value of the learnt temperature; half: as `SharedCandidates` takes it."""
        super().__init__()
        self.item_tower, self.user_tower = item_tower, user_tower
        self._log_scale = self.add_weight(
            "log_scale", (), initializer=tf.keras.initializers.Constant(-math.log(temperature))
        )
        self._positives, self._targets = SharedCandidates(half=half), SoftTargets()

    @property
    def temperature(self) -> float:
        """The current value of the learnt temperature."""
        return float(tf.exp(-self._log_scale))

    def compute_loss(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """The loss of one batch.

        inputs: `items`, the item tower's inputs of the candidates; `item` int32 [b, l], each event's place among
        them; present, rating, position, context, metadata, user: as the user tower takes them; `place` int64 [t],
        which of the b * p positions have something to tell; either `positive` int32 [t, q], the candidates to tell,
        and `share` float32 [t, q], what each counts, or `target` float32 [t, c], their distribution, and `weight`
        float32 [t], what each place counts; known bool [b, c], the candidates that are no negatives of the user;
        probability float32 [c].
        """
        candidates = self.item_tower(inputs["items"], training=training)
        people = {name: inputs[name] for name in _PERSON if name in inputs}
        users = self.user_tower({"vectors": rows_of(candidates, inputs["item"]), **people}, training=training)
        place = inputs["place"]
        queries = tf.gather(tf.reshape(users, [-1, users.shape[-1]]), place) * tf.exp(self._log_scale)
        row = tf.cast(place, tf.int32) // tf.shape(inputs["context"])[1]
        sampling = {"probability": inputs["probability"], "score_mask": ~tf.gather(inputs["known"], row)}
        if "target" in inputs:
            return self._targets(queries, candidates, targets=inputs["target"], weights=inputs["weight"], **sampling)
        return self._positives(queries, candidates, positives=inputs["positive"], shares=inputs["share"], **sampling)

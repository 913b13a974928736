"""The retrieval model: both towers and the sampled softmax loss."""

import math
from typing import Any

from pharos.towers.backend import tf, tfrs
from pharos.towers.retrieval.item_tower import ItemTower
from pharos.towers.retrieval.unordered_user_tower import UnorderedUserTower
from pharos.towers.retrieval.user_tower import UserTower

_IMPOSSIBLE = -1e9
_PERSON = ("present", "rating", "position", "context", "metadata", "user")


class SharedCandidates(tfrs.tasks.Retrieval):
    """TFRS retrieval task for queries that share one set of candidates; each query names its positive by position.

    `tfrs.tasks.Retrieval` expects the positive of query i at candidate i, which repeats popular items within a batch
    and leaves their copies to be masked. Here each candidate stands once: with the whole catalogue as candidates the
    loss is the exact softmax, and with a part of it a sampled softmax.
    """

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
        logits = tf.matmul(queries, candidates, transpose_b=True)
        correct = tfrs.layers.loss.SamplingProbablityCorrection()
        negatives = _log_sum_exp(correct(logits, probability), score_mask)
        # Computed again, and not taken from the logits, whose gradient would be a second table of their size.
        liked = tf.einsum("qd,qpd->qp", queries, tf.gather(candidates, positives))
        positive = correct(liked, tf.gather(probability, positives))
        # -log(e^p / (e^p + sum of e^n)), with no overflow on either side.
        losses = tf.nn.softplus(negatives - positive)
        return tf.reduce_mean(tf.reduce_sum(losses * shares, axis=1))


@tf.custom_gradient
def _log_sum_exp(logits: Any, mask: Any) -> Any:
    """Log-sum-exp of the logits where the mask is True: [q, 1] for [q, c].

    TensorFlow's own is correct too, but its gradient goes over the whole table several times more.
    """
    highest = tf.reduce_max(logits, axis=1, keepdims=True)
    exponentials = tf.where(mask, tf.exp(logits - highest), 0.0)
    total = tf.maximum(tf.reduce_sum(exponentials, axis=1, keepdims=True), 1e-30)

    def gradient(upstream: Any) -> tuple[Any, None]:
        return exponentials * (upstream / total), None

    return highest + tf.math.log(total), gradient


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

    def __init__(self, item_tower: ItemTower, user_tower: UserTower | UnorderedUserTower, temperature: float) -> None:
        """temperature: initial value of the learnt temperature."""
        super().__init__()
        self.item_tower, self.user_tower = item_tower, user_tower
        self._log_scale = self.add_weight(
            "log_scale", (), initializer=tf.keras.initializers.Constant(-math.log(temperature))
        )
        self._positives, self._targets = SharedCandidates(), SoftTargets()

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
        users = self.user_tower({"vectors": tf.gather(candidates, inputs["item"]), **people}, training=training)
        place = inputs["place"]
        queries = tf.gather(tf.reshape(users, [-1, users.shape[-1]]), place) * tf.exp(self._log_scale)
        row = tf.cast(place, tf.int32) // tf.shape(inputs["context"])[1]
        sampling = {"probability": inputs["probability"], "score_mask": ~tf.gather(inputs["known"], row)}
        if "target" in inputs:
            return self._targets(queries, candidates, targets=inputs["target"], weights=inputs["weight"], **sampling)
        return self._positives(queries, candidates, positives=inputs["positive"], shares=inputs["share"], **sampling)

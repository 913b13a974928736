"""Builds the retrieval model: training data from tables, the towers, and graphs with fixed signatures to export."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.towers.backend import tf
from pharos.towers.features.encoding import FeatureEncoding
from pharos.towers.features.vocabulary import Vocabulary
from pharos.towers.histories.context import HistoryScale
from pharos.towers.histories.queries import UserQuery
from pharos.towers.histories.sequences import Sequences
from pharos.towers.optimizer import RowwiseAdam
from pharos.towers.retrieval.history_pools import HistoryPools
from pharos.towers.retrieval.inputs import Arrays, InputSpec, item_inputs
from pharos.towers.retrieval.item_tower import ItemTower
from pharos.towers.retrieval.model import RetrievalModel
from pharos.towers.retrieval.steps import TrainingData
from pharos.towers.retrieval.two_towers import TwoTowers
from pharos.towers.retrieval.unordered_user_tower import UnorderedUserTower
from pharos.towers.retrieval.user_tower import UserTower
from pharos.towers.settings import TrainingSettings


def prepare(
    dataset: Dataset,
    events: pd.DataFrame,
    settings: TrainingSettings,
    text: npt.NDArray[np.float32] | None,
    earlier: InputSpec | None = None,
) -> TrainingData:
    """Fit the input specification on the items and users that have an event in `events`, and encode them.

    earlier: a specification to extend by new ids instead, for towers that go on learning.
    """
    seen = dataset.items[Columns.ITEM].isin(events[Columns.ITEM].unique()).to_numpy()
    if not seen.any():
        # A catalogue without events is known by what is written about it.
        seen = np.ones(len(seen), bool)
    catalogue, catalogue_text = dataset.items[seen], text[seen] if text is not None else None
    sequences = Sequences.of(events, pd.Index(catalogue[Columns.ITEM]))
    users = dataset.users.set_index(Columns.USER, drop=False).loc[sequences.users]
    if earlier is not None:
        spec = earlier.extended(catalogue[Columns.ITEM], sequences.users)
    else:
        scale = HistoryScale.fit(sequences.rating, sequences.stamp)
        spec = InputSpec(
            schema=dataset.schema,
            items=Vocabulary(catalogue[Columns.ITEM].tolist()),
            users=Vocabulary(sequences.users),
            item_features=FeatureEncoding.fit(catalogue, dataset.schema.items, catalogue_text, words=settings.text_gru),
            user_features=FeatureEncoding.fit(users, dataset.schema.users),
            scale=scale,
            length=settings.history_length if scale.timed else settings.unordered_history_length,
        )
    return TrainingData(
        spec=spec,
        sequences=sequences,
        item_rows=spec.item_features.encode(catalogue, catalogue_text),
        codes=spec.items.codes(catalogue[Columns.ITEM]),
        metadata=spec.metadata(users[[f.name for f in dataset.schema.users]].to_dict("records")),
        user_codes=spec.users.codes(sequences.users),
    )


def build(data: TrainingData, settings: TrainingSettings) -> RetrievalModel:
    """Untrained towers of the right sizes."""
    spec, features = data.spec, data.spec.item_features
    item_tower = ItemTower(
        len(spec.items), features.width, features.vocabulary_size,
        settings.dimensions, settings.item_hidden, settings.item_id_dropout, alone=not spec.scale.timed,
        sensors=features.sensors, half=settings.mixed_precision,
    )  # fmt: skip
    return RetrievalModel(item_tower, _user_tower(spec, settings), settings.temperature, half=settings.mixed_precision)


def _user_tower(spec: InputSpec, settings: TrainingSettings) -> UserTower | UnorderedUserTower:
    users, width, dimensions = len(spec.users) if settings.user_ids else 0, spec.facts_width, settings.dimensions
    hidden, dropout, half = settings.user_hidden, settings.user_id_dropout, settings.mixed_precision
    if not spec.scale.timed:
        return UnorderedUserTower(users, width, dimensions, hidden, dropout, half=half)
    history = HistoryPools(settings.history_length, settings.event_dropout, half=half)
    return UserTower(users, width, history, dimensions, hidden, dropout, half=half)


def take_over(model: RetrievalModel, earlier: RetrievalModel) -> None:
    """Copy the weights of an earlier model; both must have been called once.

    Ids unknown to it keep their initial weights.
    """
    for variable, known in zip(model.trainable_variables, earlier.trainable_variables, strict=True):
        variable.assign(tf.concat([known, variable[known.shape[0] :]], axis=0) if known.shape.rank else known)


def compile_for(model: RetrievalModel, rate: Any) -> None:
    """Compile the model with its optimizer; rate: the learning rate schedule."""
    model.compile(optimizer=RowwiseAdam(rate, global_clipnorm=5.0))


def compiled_step(model: RetrievalModel, inputs: dict[str, Any]) -> Any:
    """The training step as one tf.function for batches of any size; inputs: those of any one step."""
    spec = {name: part for name, part in inputs.items() if name != "items"}
    # A batch varies in both of its first dimensions: stretches and their length.
    free = {
        name: tf.TensorSpec([None] * min(array.ndim, 2) + list(array.shape[2:]), array.dtype)
        for name, array in spec.items()
    }
    free["metadata"] = tf.TensorSpec([None, inputs["metadata"].shape[1]], tf.float32)
    signature = [{"items": _signature(inputs["items"]), **free}]
    # No Python here waits for the value of a tensor, and to rewrite it for such would take seconds.
    return tf.function(model.train_step, input_signature=signature, autograph=False)


class TowerModule(tf.Module):
    """A tower as a tf.Module with a fixed signature, to be exported; it shares the layer's weights."""

    def __init__(self, tower: tf.keras.layers.Layer, inputs: Arrays) -> None:
        """inputs: any inputs of the tower, for their dtypes and widths."""
        super().__init__()
        self.tower = tower
        self.encode = tf.function(tower, input_signature=[_signature(inputs)], autograph=False)


def as_two_towers(model: RetrievalModel, data: TrainingData, dimensions: int) -> TwoTowers:
    """The towers of a model as `TwoTowers`, for use during and after training."""
    item = item_inputs(data.codes[:1], data.item_rows.take(np.zeros(1, np.int64)))
    user = data.spec.user_inputs([UserQuery((), np.zeros((0, dimensions), np.float32))], dimensions)
    return TwoTowers(data.spec, dimensions, TowerModule(model.item_tower, item), TowerModule(model.user_tower, user))


def _signature(inputs: Arrays) -> dict[str, Any]:
    """A signature with the dtypes and widths of `inputs`, for any count of rows."""
    return {
        name: tf.TensorSpec([None, *array.shape[1:]], tf.as_dtype(array.dtype), name) for name, array in inputs.items()
    }

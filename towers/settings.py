"""Training settings; every default was chosen on validation data (docs/experiments.md)."""

from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pharos.towers.errors import TrainingError
from pharos.towers.text.model import DEFAULT_MODEL


class RankingSettings(BaseModel):
    """Settings of the ranking model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    candidates: int = Field(200, ge=10, le=2000, description="candidates of a training list")
    lists: int = Field(5000, ge=100, description="training lists, at most")
    batch_lists: int = Field(64, ge=8, description="lists in one training step")
    epochs: int = Field(10, ge=1, le=100, description="passes over the lists")
    learning_rate: float = Field(
        2e-3, gt=0, le=1, description="learning rate of Adam at its peak; it then decays linearly"
    )
    weight_decay: float = Field(3e-4, ge=0, description="L2 penalty on all weights but those of the linear part")
    averaging: float = Field(0.99, ge=0, lt=1, description="momentum of the moving average of all weights")
    hidden: int = Field(128, ge=4, le=4096, description="units of the deep head")
    dropout: float = Field(0.2, ge=0, lt=1, description="dropout of the deep head")
    seed: int = Field(0, ge=0, description="random seed")


class RatingSettings(BaseModel):
    """Settings of the rating model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    factors: int = Field(12, ge=1, le=200, description="factors of an item, beside its bias")
    sweeps: int = Field(30, ge=1, le=1000, description="sweeps over users and items")
    seed: int = Field(0, ge=0, description="of the first factors")


class TrainingSettings(BaseModel):
    """Settings of one training run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dimensions: int = Field(64, ge=4, le=1024, description="length of a user or item vector")
    item_hidden: int = Field(64, ge=4, le=4096, description="units of the item tower's metadata encoder")
    user_hidden: int = Field(128, ge=4, le=4096, description="units of the user tower's hidden layer")
    history_length: int = Field(200, ge=1, le=2000, description="events of a history that are read, the newest")
    unordered_history_length: int = Field(600, ge=1, le=2000, description="the same for data without timestamps")
    ahead: int = Field(3, ge=1, le=100, description="following events that each state learns to predict")
    batch_events: int = Field(2048, ge=16, le=1_000_000, description="events in one training step, about")
    max_epochs: int = Field(60, ge=1, le=1000, description="passes over the events, at most")
    patience: int = Field(1, ge=1, le=1000, description="epochs without improvement before the learning rate falls")
    rate_falls: int = Field(2, ge=0, le=20, description="how often it falls before training stops")
    learning_rate: float = Field(2e-3, gt=0, le=1, description="of Adam at first")
    unordered_pace: float = Field(0.15, gt=0, le=1, description="share of the rate for data without timestamps")
    averaging: float = Field(0.98, ge=0, lt=1, description="momentum of the moving average of all weights")
    warmup_steps: int = Field(50, ge=0, description="warm-up steps of the learning rate")
    temperature: float = Field(0.15, gt=0, le=10, description="initial value of the learnt temperature")
    item_id_dropout: float = Field(0.2, ge=0, le=1, description="dropout of item ids")
    user_id_dropout: float = Field(0.5, ge=0, le=1, description="dropout of user ids")
    user_ids: bool = Field(False, description="whether the user tower has an id embedding")
    event_dropout: float = Field(0.1, ge=0, lt=1, description="dropout of past events")
    negatives: int = Field(1000, ge=1, description="items drawn as negatives; the whole catalogue where it is smaller")
    ranker: bool = Field(True, description="whether a ranking model is trained")
    mixed_precision: bool = Field(
        False, description="whether the towers learn with products in bfloat16; all else, and the bundle, is float32"
    )
    seed: int = Field(0, ge=0, description="random seed")
    text_gru: bool = Field(False, description="whether a GRU over an item's words is trained, beside the text model")
    text_model: str = Field(DEFAULT_MODEL, description="installed model, folder or Hugging Face name; empty for none")

    @classmethod
    def parse(cls, assignments: Sequence[str]) -> Self:
        """Read settings from `key=value` texts. TrainingError names the key, the value and what is allowed."""
        values: dict[str, str] = {}
        for assignment in assignments:
            key, separator, value = assignment.partition("=")
            if not separator or key not in cls.model_fields:
                raise TrainingError(
                    f"setting {assignment!r}: write key=value with one of {', '.join(cls.model_fields)}"
                )
            values[key] = value
        return cls.of(values)

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """Read settings from values by name. TrainingError names the setting, the value and what is allowed."""
        if unknown := values.keys() - cls.model_fields.keys():
            raise TrainingError(f"setting {sorted(unknown)[0]!r}: there is {', '.join(cls.model_fields)}")
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            raise TrainingError(f"setting {name}={first['input']!r}: {first['msg']}") from error

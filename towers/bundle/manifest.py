"""The manifest of a bundle: when and on what it was trained."""

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pharos.towers.settings import TrainingSettings

# Incremented whenever older bundles can no longer be read.
FORMAT = 4
_PACKAGES = ("pharos", "tensorflow", "tf-keras", "tensorflow-recommenders", "transformers")


class TextModelRecord(BaseModel):
    """The text model whose vectors the item tower was trained on."""

    model_config = ConfigDict(frozen=True)

    name: str
    weights_sha256: str
    dimensions: int


class Manifest(BaseModel):
    """The manifest. `format` comes first, so that a reader can refuse an unknown format before it reads on."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    id: str
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    dataset: str
    fingerprint: str
    interactions: int
    users: int
    items: int
    dimensions: int
    text_model: TextModelRecord | None
    settings: TrainingSettings
    newest_event: int | None = None
    """Unix seconds of the newest event that was learnt from; None where events have no times."""
    epochs: int
    curve: list[dict[str, Any]] = []
    evaluation: dict[str, Any] = {}
    versions: dict[str, str] = Field(default_factory=lambda: {name: version(name) for name in _PACKAGES})

    def ages(self, now: float) -> tuple[float, float | None]:
        """Seconds since the bundle was made, and since its newest training event; None if unknown."""
        newest = None if self.newest_event is None else max(0.0, now - self.newest_event)
        return max(0.0, now - self.created_at.timestamp()), newest

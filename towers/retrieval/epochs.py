"""The record of an epoch of training."""

from dataclasses import dataclass

from pharos.towers.retrieval.validation import ValidationScore


@dataclass(frozen=True)
class Epoch:
    """One epoch. loss: nats per target; `chance`: the loss of guessing."""

    number: int
    loss: float
    chance: float
    temperature: float
    seconds: float
    validation: ValidationScore | None = None


def describe(epoch: Epoch) -> str:
    """One line about an epoch, for people."""
    line = f"epoch {epoch.number}: loss {epoch.loss:.3f} (guessing {epoch.chance:.3f})"
    if epoch.validation:
        line += f", held out ndcg@10 {epoch.validation.ndcg_10:.4f}, recall@100 {epoch.validation.recall_100:.4f}"
    return line

"""Settings of the item-to-item weights, and the candidates among which validation chooses."""

from pydantic import BaseModel, ConfigDict, Field


class NeighbourSettings(BaseModel):
    """One configuration of the item-to-item weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    following: float = Field(1.0, ge=0, description="weight of sequential co-occurrence: items soon after each other")
    together: float = Field(0.5, ge=0, description="weight of co-occurrence: items of the same user")
    damping: float = Field(10.0, ge=0, description="events added to every item, which damp chance pairs")
    linear: float = Field(0.0, ge=0, description="weight of a linear model (EASE)")
    penalty: float = Field(8.0, gt=0, description="L2 penalty of the linear model, in events of a mean item")
    fade: float | None = Field(None, gt=0, description="events after which a past item counts e times less; None never")
    kept: int = Field(128, ge=1, le=4096, description="strongest weights kept for each item")


def choices(*, timed: bool, linear: bool) -> list[NeighbourSettings]:
    """The configurations to try, the most promising first; the decay is chosen apart.

    timed: whether events have an order; linear: whether the linear model can be afforded.
    """
    if timed:
        ways = [NeighbourSettings(together=share, damping=damping) for share in (0.25, 1) for damping in (10, 2)]
        return [*ways, NeighbourSettings(together=0.25, linear=1)] if linear else ways
    models = [NeighbourSettings(following=0, together=0, linear=1, penalty=penalty) for penalty in (8, 3, 20)]
    return [*(models if linear else []), *(NeighbourSettings(following=0, together=1, damping=d) for d in (10, 50))]


def fade_choices(*, timed: bool) -> tuple[float | None, ...]:
    """The decay rates of a history to try; no decay where events have no order."""
    return (2, 5, 15, 50) if timed else ()

"""Business rules in the settings: boosts, penalties, and pinned items."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from pharos.indexing.filters import Filter, FilterError, check, parse_expressions
from pharos.ingest.schema import Schema
from pharos.serving.errors import SettingsError


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Rule(BaseModel):
    """Boosts or lowers the items that meet its conditions, or pins one item to a position. It does one of these."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = Field(
        min_length=1, description="Conditions as in a filter, one or a list, all of which must hold."
    )
    boost: float | None = Field(
        None, gt=0, le=1, description="Boosts by this share of the distance from the worst to the best candidate."
    )
    bury: float | None = Field(None, gt=0, le=1, description="Lowers by this share of that distance.")
    pin: int | None = Field(
        None, ge=1, le=1000, description="Place, from 1, for the best item that fulfils the conditions."
    )

    @field_validator("when")
    @classmethod
    def _can_be_parsed(cls, when: tuple[str, ...]) -> tuple[str, ...]:
        parse_expressions(when)
        return when

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        done = [name for name in ("boost", "bury", "pin") if getattr(self, name) is not None]
        if len(done) != 1:
            raise ValueError(f"a rule has one of boost, bury and pin, not {' and '.join(done) or 'none'}")
        return self

    @property
    def lift(self) -> float:
        """The boost, which is added to the relevance, on its scale from 0 to 1."""
        return (self.boost or 0.0) - (self.bury or 0.0)


def conditions(rules: tuple[Rule, ...], schema: Schema) -> list[Filter]:
    """The conditions of each rule as filters. Raises SettingsError for one that the items do not support."""
    filters = []
    for number, rule in enumerate(rules):
        try:
            filters.append(check(parse_expressions(rule.when), schema))
        except FilterError as error:
            raise SettingsError(f"setting 'rules.{number}.when' is {list(rule.when)!r}: {error}") from error
    return filters

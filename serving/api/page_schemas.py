"""Schemas of requests and responses about the catalogue, the map, explanations and the status."""

from datetime import datetime
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from pharos.evaluation.list_cost import ListCost
from pharos.indexing.index import CollectionInfo
from pharos.ingest.schema import FeatureType
from pharos.serving.api.schemas import HistoryEntry, Id, ListItem, Reason, RecommendationBody, Text
from pharos.serving.operations.status import Status
from pharos.serving.pipeline.answers import Source
from pharos.serving.pipeline.item_map import MapOfItems
from pharos.serving.pipeline.preview import PersonPlace, Preview
from pharos.serving.pipeline.trace import Outcome, Trace
from pharos.serving.store.feature_values import FeatureValues

_USER: Final = "a user whose history the store knows; or send a history"
_HISTORY: Final = "as in recommendations; not together with user_id"
_PLACE: Final = "x and y in the map of items; most items are within 1 of the middle"


class FeatureValue(BaseModel):
    """A value and the count of items that have it."""

    value: str
    items: int


class ItemFeature(BaseModel):
    """A feature of items and its values."""

    name: str
    type: FeatureType
    items: int = Field(description="how many items have it, of the 20,000 that changed last")
    values: list[FeatureValue] = Field(description="of tags and categories the most frequent values")
    more: bool = Field(description="whether there are other values")
    lowest: float | None = Field(description="of numbers")
    highest: float | None = Field(description="of numbers")

    @classmethod
    def of(cls, known: FeatureValues) -> Self:
        """From the store's record."""
        values = [FeatureValue(value=value, items=count) for value, count in known.values]
        return cls(**{**vars(known), "values": values})


class UserFeature(BaseModel):
    """A feature of users."""

    name: str
    type: FeatureType


class CatalogueSchema(BaseModel):
    """The features of items and users."""

    items: list[ItemFeature]
    users: list[UserFeature]


class PersonBody(BaseModel):
    """A user: by id, or by a history."""

    model_config = ConfigDict(extra="forbid", strict=True)

    user_id: Id | None = Field(None, description=_USER)
    history: list[HistoryEntry] = Field([], description=_HISTORY)
    user_features: dict[Text, Any] = Field({}, description=_HISTORY)


class ExplainBody(RecommendationBody):
    """The item, the user and the list to explain; the options are those of recommendations."""

    item_id: Id = Field(description="the item to explain")
    user_id: Id | None = Field(None, description=_USER)


class StageTrace(BaseModel):
    """The effect of one stage on the item."""

    model_config = ConfigDict(from_attributes=True)

    stage: str = Field(
        description="eligible, filter, unseen, retrieved, ranked, rules, diversity, new items, list; in this order"
    )
    outcome: Outcome = Field(description="skipped: the item was dropped before")
    detail: str = Field(description="a sentence")


class Explanation(BaseModel):
    """The item's path through the stages."""

    item_id: str
    title: str
    summary: str = Field(description="the outcome as a sentence")
    rank: int | None = Field(description="its place in the list; null if it is not there")
    fell_at: str | None = Field(description="the stage that dropped it")
    score: float | None
    source: Source | None
    predicted_rating: float | None
    because: list[Reason] = Field(description="the past items that weigh most, where it is in the list")
    stages: list[StageTrace]
    bundle: str
    collection: str
    variant: str | None

    @classmethod
    def of(cls, trace: Trace) -> Self:
        """From the pipeline's answer."""
        listed = trace.listed
        return cls(
            item_id=trace.item_id,
            title=trace.title,
            summary=trace.summary,
            rank=listed.rank if listed else None,
            fell_at=trace.fell_at,
            score=listed.score if listed else None,
            source=listed.source if listed else None,
            predicted_rating=listed.predicted_rating if listed else None,
            because=[Reason.model_validate(reason) for reason in listed.because] if listed else [],
            stages=[StageTrace.model_validate(stage) for stage in trace.stages],
            bundle=trace.bundle,
            collection=trace.collection,
            variant=trace.variant,
        )


class MapAnswer(BaseModel):
    """The items of the live collection in two dimensions, as parallel lists."""

    bundle: str
    collection: str
    item_ids: list[str]
    titles: list[str]
    x: list[float]
    y: list[float]
    features: dict[str, list[float | str | bool | None]] = Field(
        description="of each number, flag, category and tags the value of each item (of tags the first), to colour by"
    )
    total: int = Field(description="items in the collection; of more than 10,000 the map has the most popular")
    explained: float = Field(description="share of the vectors' variance that the two dimensions hold")

    @classmethod
    def of(cls, drawn: MapOfItems, features: list[str]) -> Self:
        """The map with these features."""
        columns = {name: [_first(record.features.get(name)) for record in drawn.records] for name in features}
        return cls(
            bundle=drawn.bundle,
            collection=drawn.collection,
            item_ids=[record.item_id for record in drawn.records],
            titles=[record.title for record in drawn.records],
            x=[round(value, 4) for value in drawn.places[:, 0].tolist()],
            y=[round(value, 4) for value in drawn.places[:, 1].tolist()],
            features=columns,
            total=drawn.total,
            explained=drawn.projection.explained,
        )


class PastItem(BaseModel):
    """An item of a person's history."""

    item_id: str
    title: str
    rating: float | None


class PersonAnswer(BaseModel):
    """The user's position in the map."""

    place: tuple[float, float] = Field(description=_PLACE)
    history: list[PastItem] = Field(description="oldest first")

    @classmethod
    def of(cls, person: PersonPlace) -> Self:
        """From the pipeline's answer."""
        past = [
            PastItem(item_id=record.item_id, title=record.title, rating=rating) for record, rating in person.history
        ]
        return cls(place=person.place, history=past)


class PreviewBody(PersonBody):
    """An item to preview without storing it."""

    title: Text = Field(min_length=1, max_length=2000)
    features: dict[Text, Any] = Field({}, description="values by name, as the catalogue declares them")


class FitAnswer(BaseModel):
    """How well the item fits the user of the request."""

    model_config = ConfigDict(from_attributes=True)

    predicted_rating: float | None
    nearer: int = Field(description="count of items on the map that are nearer to the user")
    of: int


class AudienceMember(BaseModel):
    """A user near the item."""

    user_id: str
    score: float = Field(description="the cosine of user and item")


class PreviewAnswer(BaseModel):
    """The item's position, its most similar items and its audience."""

    place: tuple[float, float] = Field(description=_PLACE)
    neighbours: list[ListItem]
    person: FitAnswer | None
    audience: list[AudienceMember] = Field(description="of at most 100 users the five nearest")
    milliseconds: dict[str, float]

    @classmethod
    def of(cls, preview: Preview) -> Self:
        """From the pipeline's answer."""
        return cls(
            place=preview.place,
            neighbours=[ListItem.model_validate(item) for item in preview.neighbours],
            person=None if preview.fit is None else FitAnswer.model_validate(preview.fit),
            audience=[AudienceMember(user_id=user_id, score=score) for user_id, score in preview.audience],
            milliseconds=dict(preview.milliseconds),
        )


class Counts(BaseModel):
    """Rows of the store."""

    model_config = ConfigDict(from_attributes=True)

    items: int
    users: int
    events: int


class VariantAnswer(BaseModel):
    """An alias and the collection that it points to."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(description="empty where there is one alone")
    alias: str
    share: float
    bundle: str | None
    collection: str | None
    items: int | None


class BundleAnswer(BaseModel):
    """A trained bundle."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    created_at: datetime
    dataset: str
    evaluation: dict[str, float] = Field(description="what training measured on held-out events")
    list_costs: list[ListCost] = Field(
        description="what diversity and a share of new items cost, each alone, by rising values; empty if not measured"
    )


class CollectionAnswer(BaseModel):
    """A collection of the vector index."""

    name: str
    bundle: str
    items: int
    created_at: int = Field(description="unix seconds")
    live_at: int | None = Field(description="unix seconds; null if it never was")

    @classmethod
    def of(cls, info: CollectionInfo) -> Self:
        """From the index's record."""
        live_at = None if info.live_at is None else int(info.live_at.timestamp())
        created_at = int(info.created_at.timestamp())
        return cls(name=info.name, bundle=info.bundle, items=info.count, created_at=created_at, live_at=live_at)


class SomeUser(BaseModel):
    """A user with events, as an example."""

    user_id: str
    events: int


class ShownSettings(BaseModel):
    """The settings that affect lists."""

    model_config = ConfigDict(from_attributes=True)

    default_k: int
    max_k: int
    diversity: float
    new_share: float
    image_feature: str


class ConsistencyAnswer(BaseModel):
    """Whether the store and the vector index agree."""

    items: int = Field(description="items of the store")
    disagreements: list[str] = Field(description="each kind of disagreement, with its first items; empty: none")


class StatusAnswer(BaseModel):
    """The status of the system."""

    version: str
    problems: dict[str, str] = Field(description="why each part that is not ready is not")
    counts: Counts
    revision: int
    variants: list[VariantAnswer]
    bundles: list[BundleAnswer] = Field(description="the newest 20 and the live ones, newest first")
    collections: list[CollectionAnswer] = Field(description="newest first")
    users: list[SomeUser] = Field(description="some users, as examples")
    settings: ShownSettings

    @classmethod
    def of(cls, status: Status, users: list[tuple[str, int]], settings: ShownSettings) -> Self:
        """From the operations' status."""
        return cls(
            version=status.version,
            problems=dict(status.problems),
            counts=Counts.model_validate(status.counts),
            revision=status.revision,
            variants=[VariantAnswer.model_validate(variant) for variant in status.variants],
            bundles=[BundleAnswer.model_validate(bundle) for bundle in status.bundles],
            collections=[CollectionAnswer.of(info) for info in status.collections],
            users=[SomeUser(user_id=user_id, events=events) for user_id, events in users],
            settings=settings,
        )


def _first(value: Any) -> Any:
    return (value[0] if value else None) if isinstance(value, list) else value

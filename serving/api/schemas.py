"""Schemas of read requests and of their responses."""

from typing import Annotated, Any, Final, Self
from urllib.parse import unquote

from fastapi import Response
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from pharos.classics.trending import ChartOrder
from pharos.ingest.unicode import nfc
from pharos.serving.api.tokens import MAX_TOKEN
from pharos.serving.api.validation import STORABLE, is_storable
from pharos.serving.pipeline import Answer, SimilarMethod, Source
from pharos.serving.store import ItemRecord, JobState

ID_LENGTH: Final = 512
_VARIANT: Final = "the variant that answers, where several are live"
_SOURCES: Final = (
    "the source of the item: personal, near the user vector; neighbours, co-occurs with past items; content, "
    "described like past items; new, placed as a new item; similar, similar to the given item; popular; title or "
    "text, found by the search"
)
_YEAR_9999: Final = 253_402_300_799


def _storable(text: str) -> str:
    if not is_storable(text):
        raise ValueError(STORABLE)
    return nfc(text)


def _composed(value: object) -> object:
    """Normalise to NFC before the length is checked, since that changes it."""
    return nfc(value) if isinstance(value, str) else value


def _decoded(text: str) -> str:
    """Decode a path part, which `middleware.RawPaths` leaves percent-encoded."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("percent-encoded UTF-8") from None


Text = Annotated[str, AfterValidator(_storable)]
Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=ID_LENGTH),
    AfterValidator(_storable),
    BeforeValidator(_composed),
]
PathId = Annotated[Id, BeforeValidator(_decoded)]
PathToken = Annotated[Text, StringConstraints(min_length=1, max_length=MAX_TOKEN), BeforeValidator(_decoded)]
Rating = Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]
Diversity = Annotated[
    float | None,
    Field(ge=0, le=1, description="diversity of the list: from 0, the best items, to 1"),
]
NewShare = Annotated[
    float | None,
    Field(ge=0, le=1, description="share of the list that is kept for new items; by default the setting new_share"),
]
Timestamp = Annotated[int, Field(ge=0, le=_YEAR_9999, description="unix seconds, not milliseconds")]


class ListQuery(BaseModel):
    """Query parameters of every list."""

    model_config = ConfigDict(extra="forbid")

    k: int | None = Field(None, ge=1, description="length of the list")
    filter: list[Text] = Field(
        [],
        description="condition on a feature; several must all hold: genres=Drama,War · genres=all:Drama,War · "
        "genres!=Horror · year>=1990 · year=1990..2000 · or a JSON object",
        examples=[["genres=Drama", "year>=1990"]],
    )
    exclude: list[Id] = Field([], description="item ids to leave out")
    fields: list[Text] = Field([], description="item features to return", examples=[["genres", "year"]])
    variant: Text | None = Field(None, description=_VARIANT)


class RecommendationQuery(ListQuery):
    """Query parameters of recommendations."""

    diversity: Diversity = None
    new_share: NewShare = None
    explain: bool = Field(False, description="whether to list the past items that contribute most to each item")


class SearchQuery(ListQuery):
    """Query parameters of a search."""

    q: Text = Field(min_length=1, description="a title or its beginning, or what the item is about")


class SimilarQuery(ListQuery):
    """Query parameters of similar items."""

    method: SimilarMethod = Field(
        SimilarMethod.BLEND,
        description="how similarity is measured: blend, all of these weighted; tower, the item tower's vectors; "
        "text, those of the text model; neighbours, co-occurrence in histories; tfidf, the words of the texts; "
        "soup, names and "
        "labels. All but blend may find fewer than k",
    )


class PopularQuery(ListQuery):
    """Query parameters of popular items."""

    since: Text | None = Field(
        None,
        max_length=20,
        description="only events from then to the newest one, most events first: 12h, 7d, 4w, or a day",
        examples=["7d"],
    )
    order: ChartOrder | None = Field(
        None,
        description="rating, by weighted rating of items with as many votes as the top tenth has; events, by their "
        "count; rising, with since: more events than the window before leads one to expect",
    )


class HistoryEntry(BaseModel):
    """A past event of an anonymous user."""

    model_config = ConfigDict(extra="forbid", strict=True)

    item_id: Id
    rating: Rating | None = None
    timestamp: Timestamp | None = None


class RecommendationBody(BaseModel):
    """The user and the options of a list."""

    model_config = ConfigDict(extra="forbid", strict=True)

    history: list[HistoryEntry] = Field(
        [],
        description="oldest first; sorted by timestamp where each entry has one; unknown items are named",
    )
    user_features: dict[Text, Any] = Field({}, description="what is known of the person, by feature name")
    k: int | None = Field(None, ge=1, description="length of the list")
    filter: dict[str, Any] = Field(
        {},
        description="conditions that must all hold",
        examples=[{"genres": {"any": ["Drama"], "none": ["Horror"]}, "year": {"gte": 1990}}],
    )
    exclude: list[Id] = Field([], description="item ids to leave out")
    only: list[Id] | None = Field(
        None, min_length=1, description="the only item ids that may come; those that are not eligible do not"
    )
    diversity: Diversity = None
    new_share: NewShare = None
    explain: bool = Field(False, description="whether to list the past items that contribute most to each item")
    fields: list[Text] = Field([], description="item features to return")
    variant: Text | None = Field(None, description=_VARIANT)


class ScoreBody(BaseModel):
    """The user and the items to score."""

    model_config = ConfigDict(extra="forbid", strict=True)

    user_id: Id | None = Field(None, description="a user whose history the store knows; or send a history")
    history: list[HistoryEntry] = Field([], description="as in recommendations; not together with user_id")
    user_features: dict[Text, Any] = Field({}, description="as in recommendations; not together with user_id")
    item_ids: list[Id] = Field(min_length=1, description="the items to score")


class Reason(BaseModel):
    """A past item that raised the score of another."""

    model_config = ConfigDict(from_attributes=True)

    item_id: str
    title: str
    share: float = Field(description="share of what all past items contribute, 0 to 1")
    shared: dict[str, Any] = Field(description="the values that both items have, by feature")


class ScoredItem(BaseModel):
    """The score of an item for a user."""

    model_config = ConfigDict(from_attributes=True)

    item_id: str
    score: float = Field(description="of the ranking model; that of the retrieval, 0 to 1, where there is none")
    predicted_rating: float | None = Field(description="null where the data have no ratings")


class ScoreList(BaseModel):
    """The scores of the items, in the order of the request."""

    model_config = ConfigDict(from_attributes=True)

    items: list[ScoredItem]
    bundle: str
    collection: str
    unknown_items: list[str] = Field(description="unknown items, of those asked for and of the history")
    milliseconds: dict[str, float] = Field(description="by stage")


class ListItem(BaseModel):
    """An item of a list."""

    model_config = ConfigDict(from_attributes=True)

    item_id: str
    title: str
    rank: int = Field(description="from 1")
    score: float = Field(description="comparable within one source; personal, neighbours and content are one")
    source: Source = Field(description=_SOURCES)
    fields: dict[str, Any] = Field(description="the features asked for; missing ones are absent")
    predicted_rating: float | None = Field(description="predicted rating of the user; null where it is unknown")
    because: list[Reason] = Field(description="with explain: the past items that weigh most in the score")


class ItemList(BaseModel):
    """A list of items and how it was made."""

    items: list[ListItem]
    bundle: str | None = Field(description="the bundle that answered; null where only the store did")
    collection: str | None = Field(description="the collection that was searched")
    variant: str | None = Field(description="the variant that answered, where several are live")
    degraded: bool = Field(description="whether the answer is degraded, since a part is not available")
    degraded_reason: str | None
    unknown_items: list[str] = Field(description="unknown history items, which were left out")
    milliseconds: dict[str, float] = Field(description="by stage")

    @classmethod
    def response(cls, answer: Answer) -> Response:
        """The response for the pipeline's answer, made where it was computed: it needs no second validation."""
        return Response(cls.of(answer).model_dump_json(), media_type="application/json")

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """From the pipeline's answer."""
        return cls(
            items=[ListItem.model_validate(item) for item in answer.items],
            bundle=answer.bundle,
            collection=answer.collection,
            variant=answer.variant,
            degraded=answer.degraded_reason is not None,
            degraded_reason=answer.degraded_reason,
            unknown_items=list(answer.unknown_items),
            milliseconds=dict(answer.milliseconds),
        )


class Item(BaseModel):
    """An item."""

    item_id: str
    title: str
    available: bool = Field(description="false hides it at all times")
    available_from: int | None = Field(description="unix seconds: it is not shown before; null for no such time")
    available_until: int | None = Field(description="unix seconds: it is not shown from then on; null for no such time")
    created_at: int = Field(description="unix seconds")
    updated_at: int = Field(description="unix seconds")
    revision: int = Field(description="grows with each change of any item")
    features: dict[str, Any] = Field(description="missing ones are absent")

    @classmethod
    def of(cls, record: ItemRecord) -> Self:
        """From the store's record."""
        return cls(
            item_id=record.item_id,
            title=record.title,
            available=record.available,
            available_from=record.available_from,
            available_until=record.available_until,
            created_at=record.created_at,
            updated_at=record.updated_at,
            revision=record.revision,
            features=dict(record.features),
        )


class ReindexBody(BaseModel):
    """The bundle to re-index with."""

    model_config = ConfigDict(extra="forbid", strict=True)

    bundle: Text | None = Field(None, description="id of the bundle; by default the newest")
    variant: Text | None = Field(None, description="of several, the one to re-index; by default the first")


class JobStatus(BaseModel):
    """The status of a re-index job."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    state: JobState
    phase: str = Field(description="loading, building, proving, catching up, switching, live")
    done: int = Field(description="items of the phase that are done")
    total: int = Field(description="items in all")
    alias: str
    bundle: str
    collection: str | None = Field(description="the new collection, once it is built")
    error: str | None = Field(description="why it failed")
    started_at: int = Field(description="unix seconds")
    finished_at: int | None = Field(description="unix seconds; null as long as it has not ended")


class RolledBack(BaseModel):
    """The live collection after a rollback."""

    bundle: str
    collection: str = Field(description="the collection that is live again")
    previous: str | None = Field(description="the collection that was live until now; it is kept")


class Health(BaseModel):
    """The process is alive."""

    status: str = "ok"
    version: str


class Readiness(BaseModel):
    """All parts are ready."""

    status: str = "ready"
    bundle: str
    collection: str
    model_age_seconds: float = Field(description="since the live bundle was made")
    data_age_seconds: float | None = Field(
        description="since the newest event that the live bundle has learnt from; null where events have no times"
    )
    sync_problem: str | None = Field(description="why the index may be behind the store; null where it is not")

"""Schemas of write requests and of their responses."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pharos.ingest.columns import Columns
from pharos.ingest.limits import MAX_TEXT
from pharos.serving.api.schemas import Id, Item, Rating, Text, Timestamp
from pharos.serving.store import NewItem, User, WriteResult
from pharos.serving.writes.events import EventDraft

Title = Annotated[Text, StringConstraints(min_length=1, max_length=MAX_TEXT)]
_FEATURES = "values by name, as the catalogue declares them; null and absent ones are missing"
_FROM = "unix seconds: it is not shown before"
_UNTIL = "unix seconds: it is not shown from then on"
_INDEXED = "whether it is indexed already; if not, the background sync indexes it"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ItemBody(_Body):
    """A whole item."""

    title: Title
    features: dict[Text, Any] = Field({}, description=_FEATURES, examples=[{"year": 1999, "genres": ["Drama"]}])
    available: bool = Field(True, description="whether it may be shown")
    available_from: Timestamp | None = Field(None, description=_FROM, examples=[1_767_225_600])
    available_until: Timestamp | None = Field(None, description=_UNTIL, examples=[1_798_761_600])

    def new_item(self, item_id: str) -> NewItem:
        """The item with this id."""
        return NewItem(item_id, self.title, self.features, self.available, self.available_from, self.available_until)


class BatchItem(ItemBody):
    """A whole item with its id."""

    item_id: Id


class ItemPatch(_Body):
    """The fields of an item to change; others stay."""

    title: Title | None = None
    features: dict[Text, Any] = Field({}, description="the features to change; null removes one")
    available: bool | None = None
    available_from: Timestamp | None = Field(None, description=f"{_FROM}; null removes it")
    available_until: Timestamp | None = Field(None, description=f"{_UNTIL}; null removes it")

    def times(self) -> dict[str, int | None]:
        """The given times, including those given as null."""
        given = {Columns.AVAILABLE_FROM: self.available_from, Columns.AVAILABLE_UNTIL: self.available_until}
        return {name: time for name, time in given.items() if name in self.model_fields_set}


class WrittenItem(Item):
    """An item as stored now."""

    indexed: bool = Field(description=_INDEXED)

    @classmethod
    def written(cls, result: WriteResult) -> Self:
        """From the store's result."""
        return cls(**Item.of(result.record).model_dump(), indexed=result.indexed)


class WrittenItems(BaseModel):
    """Items that were written in one request."""

    created: int = Field(description="how many of them are new")
    replaced: int
    revision: int = Field(description="the newest of them")
    indexed: bool = Field(description=_INDEXED)

    @classmethod
    def written(cls, results: list[WriteResult]) -> Self:
        """From the store's results."""
        created = sum(result.created for result in results)
        return cls(
            created=created,
            replaced=len(results) - created,
            revision=results[-1].record.revision,
            indexed=all(result.indexed for result in results),
        )


class DeletedItem(BaseModel):
    """The id of a deleted item, and whether the index has deleted it too."""

    item_id: str
    indexed: bool = Field(description="whether it is deleted from the index; if not, the background sync deletes it")


class EventBody(_Body):
    """An event of a user with an item."""

    user_id: Id
    item_id: Id
    type: Text = Field(description="one of the types in the setting event_weights", examples=["view"])
    value: Rating | None = Field(None, description="the rating; of any scale, as long as it is always the same")
    timestamp: Timestamp | None = Field(
        None, description="unix seconds; now, if there is none. Give one, and what is sent twice counts once"
    )

    def draft(self) -> EventDraft:
        """The event, not yet validated."""
        return EventDraft(self.user_id, self.item_id, self.type, self.value, self.timestamp)


class AddedEvents(BaseModel):
    """How many events were added."""

    added: int
    known: int = Field(description="how many were there already, or were sent twice")


class UserBody(_Body):
    """The features of a user."""

    features: dict[Text, Any] = Field(description=_FEATURES)


class UserStatus(BaseModel):
    """The stored data of a user."""

    model_config = ConfigDict(from_attributes=True)

    user_id: str
    features: dict[str, Any] = Field(description="missing ones are absent")
    events: int = Field(description="how many there are")
    ignored: list[str] = Field(
        description="items that are never shown to this user, in the order in which they were named"
    )

    @classmethod
    def of(cls, user: User) -> Self:
        """From the store's record."""
        return cls.model_validate(user)

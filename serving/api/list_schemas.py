"""Schemas of paginated lists, and of the export of a user's data."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from pharos.serving.api.schemas import Id, Item, Text
from pharos.serving.api.tokens import MAX_TOKEN, token_of
from pharos.serving.api.write_schemas import UserStatus
from pharos.serving.store import Merged, PersonalData, StoredEvent, User

_CURSOR = "next_cursor of the page before; without one, the list begins"
_NEXT = "to be sent as cursor for the page that follows; null where this is the last"
_EVENT_ID = "names the event among those of its user, in every database"

Cursor = Annotated[Text | None, Field(max_length=MAX_TOKEN, description=_CURSOR, examples=["WyI5OSJd"])]


class PageQuery(BaseModel):
    """Query parameters of every paginated list."""

    model_config = ConfigDict(extra="forbid")

    limit: int | None = Field(
        None, ge=1, description="rows of a page: at most the setting max_batch, by default 100", examples=[100]
    )
    cursor: Cursor = None


class ItemPageQuery(PageQuery):
    """Query parameters of the list of items."""

    filter: list[Text] = Field(
        [], description="as for recommendations; the same for every page", examples=[["genres=Drama", "year>=1990"]]
    )


class ItemPage(BaseModel):
    """Items, ordered by id."""

    items: list[Item]
    next_cursor: str | None = Field(description=_NEXT, examples=["WyI5OSJd"])


class UserPage(BaseModel):
    """Users, ordered by id."""

    users: list[UserStatus]
    next_cursor: str | None = Field(description=_NEXT, examples=["WyI5OSJd"])


class StoredEventBody(BaseModel):
    """A stored event."""

    event_id: str = Field(description=_EVENT_ID, examples=["WyJib29rLTciLCJ2aWV3IiwxNzAwMDAwMDAwXQ"])
    user_id: str
    item_id: str
    type: str = Field(examples=["view"])
    value: float | None = Field(description="the rating, if it is one")
    timestamp: int | None = Field(description="unix seconds; null where the data had none")

    @classmethod
    def of(cls, event: StoredEvent) -> Self:
        """From the store's record."""
        return cls(
            event_id=token_of((event.item_id, event.type, event.timestamp)),
            user_id=event.user_id,
            item_id=event.item_id,
            type=event.type,
            value=event.value,
            timestamp=event.timestamp or None,
        )


class EventPage(BaseModel):
    """Events: those of one user ordered by time, those of all users in the order in which they were stored."""

    events: list[StoredEventBody]
    next_cursor: str | None = Field(description=_NEXT, examples=["WzQyXQ"])


class IgnoredItem(BaseModel):
    """An item that is never shown to a user."""

    item_id: str
    timestamp: int = Field(description="unix seconds: since when")


class PersonalDataBody(BaseModel):
    """All stored data of a user."""

    user_id: str
    features: dict[str, Any] = Field(description="missing ones are absent")
    events: list[StoredEventBody] = Field(description="the oldest first")
    ignored: list[IgnoredItem]

    @classmethod
    def of(cls, data: PersonalData) -> Self:
        """From the store's record."""
        return cls(
            user_id=data.user_id,
            features=dict(data.features),
            events=[StoredEventBody.of(event) for event in data.events],
            ignored=[IgnoredItem(item_id=item_id, timestamp=timestamp) for item_id, timestamp in data.ignored],
        )


class MergeBody(BaseModel):
    """The user to merge into."""

    model_config = ConfigDict(extra="forbid", strict=True)

    into: Id = Field(description="the user who gets all; need not be known yet", examples=["customer-17"])


class MergedUser(BaseModel):
    """The result of a merge, and what is now known of the other user."""

    moved: int = Field(description="events that the other user has got")
    known: int = Field(description="events that both had; the other one's stay")
    user: UserStatus

    @classmethod
    def of(cls, merged: Merged, user: User) -> Self:
        """From the store's record."""
        return cls(moved=merged.moved, known=merged.known, user=UserStatus.of(user))

"""Users, their events, ignored items, and all stored data of a user."""

from http import HTTPStatus

from fastapi import APIRouter

from pharos.serving.api.deps import MetricsDep, PageDep, ServiceDep
from pharos.serving.api.list_schemas import (
    EventPage,
    MergeBody,
    MergedUser,
    PersonalDataBody,
    StoredEventBody,
    UserPage,
)
from pharos.serving.api.schemas import PathId, PathToken
from pharos.serving.api.tokens import read_token
from pharos.serving.api.user_access import KeyUserDep
from pharos.serving.api.write_schemas import AddedEvents, EventBody, UserBody, UserStatus
from pharos.serving.errors import UnknownEvent

router = APIRouter(prefix="/v1", tags=["feedback"])


@router.post("/events")
def add_events(body: list[EventBody], service: ServiceDep, metrics: MetricsDep, key: KeyUserDep) -> AddedEvents:
    """Add events, all or none; the next response uses them. Unknown users are accepted.

    The same user, item, type and timestamp are the same event, however often it is sent.
    """
    for event in body:
        key.may_name(event.user_id)
    added = service.events.add([event.draft() for event in body])
    metrics.wrote("event", added)
    return AddedEvents(added=added, known=len(body) - added)


@router.get("/events")
def list_events(page: PageDep, service: ServiceDep) -> EventPage:
    """All events, page by page, in the order they were stored. One that exists all the time is listed exactly once.

    Events that are stored meanwhile come at the end.
    """
    (after,) = page.after(int) or (None,)
    shown, cursor = page.of(service.store.list_events(page.limit + 1, after), lambda event: (event.number,))
    return EventPage(events=[StoredEventBody.of(event) for event in shown], next_cursor=cursor)


@router.get("/users")
def list_users(page: PageDep, service: ServiceDep) -> UserPage:
    """All users, page by page, ordered by id. A user that exists all the time is listed exactly once."""
    (after,) = page.after(str) or (None,)
    shown, cursor = page.of(service.store.list_users(page.limit + 1, after), lambda user: (user.user_id,))
    return UserPage(users=[UserStatus.of(user) for user in shown], next_cursor=cursor)


@router.get("/users/{user_id}")
def read_user(user_id: PathId, service: ServiceDep) -> UserStatus:
    """The stored data of a user."""
    return UserStatus.of(service.events.user(user_id))


@router.put("/users/{user_id}")
def write_user(user_id: PathId, body: UserBody, service: ServiceDep) -> UserStatus:
    """Write the features of a user, replacing all earlier ones."""
    return UserStatus.of(service.events.put_user(user_id, body.features))


@router.delete("/users/{user_id}")
def delete_user(user_id: PathId, service: ServiceDep, metrics: MetricsDep) -> UserStatus:
    """Delete all data of a user: features, events and ignored items. The response says what was deleted."""
    deleted = service.events.delete_user(user_id)
    metrics.wrote("user deletion", 1)
    return UserStatus.of(deleted)


@router.put("/users/{user_id}/ignored/{item_id}", status_code=HTTPStatus.NO_CONTENT)
def ignore_item(user_id: PathId, item_id: PathId, service: ServiceDep) -> None:
    """Never show an item to a user."""
    service.events.ignore(user_id, item_id)


@router.delete("/users/{user_id}/ignored/{item_id}", status_code=HTTPStatus.NO_CONTENT)
def stop_ignoring_item(user_id: PathId, item_id: PathId, service: ServiceDep) -> None:
    """Allow an item to be shown to a user again."""
    service.events.stop_ignoring(user_id, item_id)


@router.get("/users/{user_id}/events")
def list_events_of_user(user_id: PathId, page: PageDep, service: ServiceDep) -> EventPage:
    """The events of a user, page by page, oldest first. The list of an unknown user is empty."""
    events = service.store.list_events_of(user_id, page.limit + 1, page.after(int, int))
    shown, cursor = page.of(events, lambda event: (event.timestamp, event.number))
    return EventPage(events=[StoredEventBody.of(event) for event in shown], next_cursor=cursor)


@router.delete("/users/{user_id}/events/{event_id}", status_code=HTTPStatus.NO_CONTENT)
def delete_event(user_id: PathId, event_id: PathToken, service: ServiceDep, metrics: MetricsDep) -> None:
    """Delete one event of a user, by its event_id; the next response does not use it."""
    key = read_token(event_id, (str, str, int))
    if key is None or not service.events.delete_event(user_id, str(key[0]), str(key[1]), int(key[2])):
        raise UnknownEvent(user_id, event_id)
    metrics.wrote("event deletion", 1)


@router.get("/users/{user_id}/export")
def export_user(user_id: PathId, service: ServiceDep) -> PersonalDataBody:
    """All stored data of a user at one moment: features, events and ignored items."""
    return PersonalDataBody.of(service.events.personal_data(user_id))


@router.post("/users/{user_id}/merge")
def merge_user(user_id: PathId, body: MergeBody, service: ServiceDep, metrics: MetricsDep) -> MergedUser:
    """Move all data of a user, such as a visitor before login, to another user, and delete the first.

    All or nothing. Events that both have count once; of features that both have, the other one's stay.
    """
    merged, user = service.events.merge(user_id, body.into)
    metrics.wrote("user merge", 1)
    return MergedUser.of(merged, user)

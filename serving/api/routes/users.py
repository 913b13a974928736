"""Events, users and the items that they ignore."""

from http import HTTPStatus

from fastapi import APIRouter

from pharos.serving.api.deps import MetricsDep, ServiceDep
from pharos.serving.api.schemas import PathId
from pharos.serving.api.write_schemas import AddedEvents, EventBody, UserBody, UserStatus

router = APIRouter(prefix="/v1", tags=["feedback"])


@router.post("/events")
def add_events(body: list[EventBody], service: ServiceDep, metrics: MetricsDep) -> AddedEvents:
    """Tell what users did, all or none; the next answer takes it into account. A user need not be known.

    The same user, item, type and timestamp are the same event, however often it is sent.
    """
    added = service.events.add([event.draft() for event in body])
    metrics.wrote("event", added)
    return AddedEvents(added=added, known=len(body) - added)


@router.get("/users/{user_id}")
def read_user(user_id: PathId, service: ServiceDep) -> UserStatus:
    """What is known of a user."""
    return UserStatus.of(service.events.user(user_id))


@router.put("/users/{user_id}")
def write_user(user_id: PathId, body: UserBody, service: ServiceDep) -> UserStatus:
    """Write the features of a user, in place of what was known of them."""
    return UserStatus.of(service.events.put_user(user_id, body.features))


@router.delete("/users/{user_id}")
def delete_user(user_id: PathId, service: ServiceDep, metrics: MetricsDep) -> UserStatus:
    """Delete all that is known of a user: features, events and ignored items. The answer says what that was."""
    deleted = service.events.delete_user(user_id)
    metrics.wrote("user deletion", 1)
    return UserStatus.of(deleted)


@router.put("/users/{user_id}/ignored/{item_id}", status_code=HTTPStatus.NO_CONTENT)
def ignore_item(user_id: PathId, item_id: PathId, service: ServiceDep) -> None:
    """Never show this item to this user."""
    service.events.ignore(user_id, item_id)


@router.delete("/users/{user_id}/ignored/{item_id}", status_code=HTTPStatus.NO_CONTENT)
def stop_ignoring_item(user_id: PathId, item_id: PathId, service: ServiceDep) -> None:
    """Let this item be shown to this user again."""
    service.events.stop_ignoring(user_id, item_id)

"""The schema of the catalogue, the status of the system, and the comparison of store and index."""

import threading

from fastapi import APIRouter

from pharos.serving.api.deps import ServiceDep
from pharos.serving.api.page_schemas import (
    CatalogueSchema,
    ConsistencyAnswer,
    ItemFeature,
    ShownSettings,
    StatusAnswer,
    UserFeature,
)
from pharos.serving.errors import Conflict
from pharos.serving.operations.consistency import LOOKS, disagreements
from pharos.serving.operations.status import status_of

router = APIRouter(prefix="/v1", tags=["status"])

_USERS = 12
_COMPARING = threading.Lock()


@router.get("/schema")
def read_schema(service: ServiceDep) -> CatalogueSchema:
    """The features of items and users, and the values that items have: what filters can use."""
    items = [ItemFeature.of(known) for known in service.store.feature_values()]
    users = [UserFeature(name=feature.name, type=feature.type) for feature in service.store.schema().users]
    return CatalogueSchema(items=items, users=users)


@router.get("/status")
def read_status(service: ServiceDep) -> StatusAnswer:
    """Row counts, what is live, bundles and collections."""
    settings = ShownSettings.model_validate(service.settings)
    return StatusAnswer.of(status_of(service), service.store.some_users(_USERS), settings)


@router.get("/consistency")
def check_consistency(service: ServiceDep) -> ConsistencyAnswer:
    """Compare every item of the store with the vector index, which changes nothing and takes its time.

    What is being written is looked at again. One at a time; 409 where one is at work.
    """
    if not _COMPARING.acquire(blocking=False):
        raise Conflict("the items are being compared already; wait for that answer")
    try:
        found = list(disagreements(service, LOOKS))
        return ConsistencyAnswer(items=service.store.counts().items, disagreements=found)
    finally:
        _COMPARING.release()

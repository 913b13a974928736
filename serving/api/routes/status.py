"""The schema of the catalogue, and the status of the system."""

from fastapi import APIRouter

from pharos.serving.api.deps import ServiceDep
from pharos.serving.api.page_schemas import CatalogueSchema, ItemFeature, ShownSettings, StatusAnswer, UserFeature
from pharos.serving.operations.status import status_of

router = APIRouter(prefix="/v1", tags=["status"])

_USERS = 12


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

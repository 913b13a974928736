"""Popular items."""

from fastapi import APIRouter

from pharos.serving.api.deps import PopularDep, ServiceDep
from pharos.serving.api.schemas import ItemList

router = APIRouter(prefix="/v1", tags=["recommendations"])


@router.get("/popular")
def list_popular(query: PopularDep, service: ServiceDep) -> ItemList:
    """The most popular items, by weighted rating, by event count without ratings; or a chart of a time window."""
    selection, order, since = query
    return ItemList.of(service.pipeline.popular(selection, order, since))

"""Popular items."""

from fastapi import APIRouter

from pharos.serving.api.deps import SelectionDep, ServiceDep
from pharos.serving.api.schemas import ItemList

router = APIRouter(prefix="/v1", tags=["recommendations"])


@router.get("/popular")
def list_popular(selection: SelectionDep, service: ServiceDep) -> ItemList:
    """What most people like, by weighted rating; without ratings, by count of events."""
    return ItemList.of(service.pipeline.popular(selection))

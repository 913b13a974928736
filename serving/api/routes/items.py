"""Items."""

from fastapi import APIRouter

from serving.api.deps import SelectionDep, ServiceDep
from serving.api.schemas import Item, ItemList, PathId

router = APIRouter(prefix="/v1/items", tags=["items"])


@router.get("/{item_id}")
def read_item(item_id: PathId, service: ServiceDep) -> Item:
    """All that is known of an item."""
    return Item.of(service.pipeline.item(item_id))


@router.get("/{item_id}/similar")
def find_similar(item_id: PathId, selection: SelectionDep, service: ServiceDep) -> ItemList:
    """What is like an item."""
    return ItemList.of(service.pipeline.similar(item_id, selection))

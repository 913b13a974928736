"""Search by title and meaning."""

from fastapi import APIRouter

from pharos.serving.api.deps import ServiceDep, TextSelectionDep
from pharos.serving.api.schemas import ItemList

router = APIRouter(prefix="/v1", tags=["search"])


@router.get("/search")
def search(query: TextSelectionDep, service: ServiceDep) -> ItemList:
    """Items that a text names or describes: titles first, then what means the same."""
    text, selection = query
    return ItemList.of(service.pipeline.search(text, selection))

"""Search by title and by meaning."""

from fastapi import APIRouter

from pharos.serving.api.deps import ServiceDep, TextSelectionDep
from pharos.serving.api.schemas import ItemList

router = APIRouter(prefix="/v1", tags=["search"])


@router.get("/search")
def search(query: TextSelectionDep, service: ServiceDep) -> ItemList:
    """Items that match a text: first by title, then by meaning."""
    text, selection = query
    return ItemList.of(service.pipeline.search(text, selection))

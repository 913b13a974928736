"""Search by title and by meaning."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from pharos.serving.api.deps import ServiceDep, selection_of_query, text_of_query
from pharos.serving.api.schemas import ItemList, SearchQuery

router = APIRouter(prefix="/v1", tags=["search"])


@router.get("/search", response_model=ItemList)
def search(query: Annotated[SearchQuery, Query()], service: ServiceDep) -> Response:
    """Items that match a text: first by title, then by meaning."""
    text = text_of_query(service, query)
    return ItemList.response(service.pipeline.search(text, selection_of_query(service, query)))

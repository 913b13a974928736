"""Popular items."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from pharos.serving.api.deps import ServiceDep, selection_of_query
from pharos.serving.api.schemas import ItemList, PopularQuery

router = APIRouter(prefix="/v1", tags=["recommendations"])


@router.get("/popular", response_model=ItemList)
def list_popular(query: Annotated[PopularQuery, Query()], service: ServiceDep) -> Response:
    """The most popular items, by weighted rating, by event count without ratings; or a chart of a time window."""
    return ItemList.response(service.pipeline.popular(selection_of_query(service, query), query.order, query.since))

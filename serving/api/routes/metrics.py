"""Numbers for Prometheus."""

from typing import cast

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from serving.api.deps import ServiceDep
from serving.metrics import Metrics

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request, service: ServiceDep) -> Response:
    """Counts and times since the start, and how things stand, in Prometheus' text format."""
    numbers = cast(Metrics, request.app.state.metrics)
    return Response(numbers.exposition(service), media_type=CONTENT_TYPE_PLAIN_0_0_4)

"""Metrics for Prometheus."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from pharos.serving.api.deps import MetricsDep, ServiceDep

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=PlainTextResponse)
def read_metrics(metrics: MetricsDep, service: ServiceDep) -> Response:
    """Counters and times since the start, and gauges of the current state, in Prometheus' text format."""
    return Response(metrics.exposition(service), media_type=CONTENT_TYPE_PLAIN_0_0_4)

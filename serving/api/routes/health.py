"""Liveness and readiness."""

import time
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from pharos.serving.api.deps import ServiceDep
from pharos.serving.api.problems import problem_response
from pharos.serving.api.schemas import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz(request: Request) -> Health:
    """The process is alive."""
    return Health(version=request.app.version)


@router.get("/readyz", response_model=Readiness)
def readyz(request: Request, service: ServiceDep) -> Readiness | Response:
    """All parts are ready and a collection is live; otherwise 503 names the parts that are not, with reasons."""
    problems = service.problems()
    if problems:
        detail = "; ".join(f"{part}: {reason}" for part, reason in problems.items())
        return problem_response(request, HTTPStatus.SERVICE_UNAVAILABLE, detail, kind="not-ready", parts=problems)
    generation = service.live.current()
    model_age, data_age = generation.bundle.manifest.ages(time.time())
    return Readiness(
        bundle=generation.bundle.id,
        collection=generation.collection,
        model_age_seconds=model_age,
        data_age_seconds=data_age,
        sync_problem=service.background_sync.problem(),
    )

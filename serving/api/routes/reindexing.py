"""Re-indexing and rollback."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from pharos.serving.api.deps import ServiceDep, VariantDep, known_variant
from pharos.serving.api.schemas import JobStatus, PathId, ReindexBody, RolledBack

router = APIRouter(prefix="/v1", tags=["re-indexing"])

_JOBS = 20


@router.post("/reindex", status_code=HTTPStatus.ACCEPTED)
def start_reindex(
    request: Request, response: Response, service: ServiceDep, body: ReindexBody | None = None
) -> JobStatus:
    """Build a new collection from the store and switch to it; returns the running job if there is one."""
    asked = body or ReindexBody()
    job = service.reindexer.start(asked.bundle, known_variant(service, asked.variant))
    response.headers["Location"] = request.app.url_path_for("read_job", job_id=job.id)
    return JobStatus.model_validate(job)


@router.get("/jobs")
def list_jobs(service: ServiceDep) -> list[JobStatus]:
    """The last 20 re-index jobs, the newest first."""
    return [JobStatus.model_validate(job) for job in service.store.newest_jobs(_JOBS)]


@router.get("/jobs/{job_id}")
def read_job(job_id: PathId, service: ServiceDep) -> JobStatus:
    """The status of a re-index job."""
    return JobStatus.model_validate(service.reindexer.job(job_id))


@router.post("/rollback")
def roll_back(service: ServiceDep, variant: VariantDep) -> RolledBack:
    """Switch to the collection that was live before; 409 if there is none."""
    generation, previous = service.reindexer.rollback(variant)
    return RolledBack(bundle=generation.bundle.id, collection=generation.collection, previous=previous)

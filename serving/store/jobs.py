"""Re-index jobs, and the revision that each collection is in sync with."""

import time
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from pharos.serving.store.records import Job, JobState
from pharos.serving.store.tables import jobs, synced

_UNDER_WAY = (JobState.QUEUED, JobState.RUNNING)


def add(connection: Connection, job: Job) -> None:
    """Add a job."""
    connection.execute(insert(jobs).values(_row(job)))


def change(connection: Connection, job: Job) -> None:
    """Update a job."""
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(_row(job)))


def by_id(connection: Connection, job_id: str) -> Job | None:
    """One job, None if there is none."""
    row = connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().first()
    return None if row is None else _job(row)


def under_way(connection: Connection) -> Job | None:
    """The newest unfinished job, None if all have ended."""
    query = select(jobs).where(jobs.c.state.in_(_UNDER_WAY)).order_by(jobs.c.started_at.desc(), jobs.c.id).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else _job(row)


def newest(connection: Connection, limit: int) -> list[Job]:
    """The last `limit` jobs, the newest first."""
    query = select(jobs).order_by(jobs.c.started_at.desc(), jobs.c.id).limit(limit)
    return [_job(row) for row in connection.execute(query).mappings()]


def fail_all(connection: Connection, reason: str) -> None:
    """Mark every unfinished job as failed."""
    values = {"state": JobState.FAILED, "error": reason, "finished_at": int(time.time())}
    connection.execute(update(jobs).where(jobs.c.state.in_(_UNDER_WAY)).values(values))


def synced_revision(connection: Connection, collection: str) -> int:
    """The revision up to which a collection has every change; 0 if unknown."""
    query = select(synced.c.revision).where(synced.c.collection == collection)
    return int(connection.execute(query).scalar() or 0)


def set_synced(connection: Connection, collection: str, revision: int) -> None:
    """Record that a collection has every change up to a revision; a lower one than before is ignored."""
    revision = max(revision, synced_revision(connection, collection))
    connection.execute(delete(synced).where(synced.c.collection == collection))
    connection.execute(insert(synced).values(collection=collection, revision=revision))


def forget_collections(connection: Connection, collections: Collection[str]) -> None:
    """Delete the records of dropped collections."""
    connection.execute(delete(synced).where(synced.c.collection.in_(collections)))


def _row(job: Job) -> dict[str, Any]:
    return {column.name: getattr(job, column.name) for column in jobs.c}


def _job(row: RowMapping) -> Job:
    return Job(**{**row, "state": JobState(row["state"])})

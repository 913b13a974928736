"""The HTTP application."""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from pharos.serving.api import openapi, problems
from pharos.serving.api.access import Access
from pharos.serving.api.body_limit import BodyLimit, BodyTooLarge, refuse
from pharos.serving.api.middleware import PlainStart, RawPaths, SecurityHeaders
from pharos.serving.api.observe import Observe
from pharos.serving.api.request_limits import RequestLimits
from pharos.serving.api.routes import (
    explain,
    health,
    items,
    map,
    metrics,
    page,
    popular,
    recommendations,
    reindexing,
    search,
    status,
    users,
)
from pharos.serving.api.waiting import Waiting
from pharos.serving.operations.bind_check import check_exposure
from pharos.serving.operations.metrics import Metrics
from pharos.serving.operations.retraining import retraining
from pharos.serving.service import open_service
from pharos.serving.settings import Settings, load_settings

logger = logging.getLogger(__name__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Create an application that opens its parts at startup and closes them at shutdown.

    settings: those of the environment and `pharos.toml` if None, so that a worker process can call this by name.
    Raises SettingsError where it would be open to the network.
    """
    chosen = settings or load_settings()
    check_exposure(chosen)
    numbers = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with open_service(chosen, warm_up=True, observe=numbers.answered, sync_failed=numbers.sync_failed) as service:
            for part, problem in service.problems().items():
                logger.warning("not ready: %s: %s", part, problem)
            app.state.service = service
            service.reindexer.recover()
            service.background_sync.start()
            service.read_ahead.start()
            # Half a million objects live as long as the process; a full collection over them would halt every request
            # for a third of a second now and then.
            gc.collect()
            gc.freeze()
            with retraining(service, chosen.retrain_hours * 3600):
                yield
            gc.unfreeze()

    app = FastAPI(
        title="Pharos",
        summary="Recommendations, similar items and search over a catalogue.",
        version=version("pharos"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Generated clients name their functions by it.
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.metrics = numbers
    # The last one is the outermost.
    app.add_middleware(Waiting, seconds=chosen.wait_seconds)
    app.add_middleware(BodyLimit, max_bytes=chosen.max_body_bytes)
    app.add_middleware(RequestLimits, settings=chosen)
    app.add_middleware(Access, settings=chosen)
    app.add_middleware(RawPaths)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Observe, metrics=numbers)
    app.add_middleware(PlainStart)
    problems.install(app)
    app.add_exception_handler(BodyTooLarge, refuse)
    openapi.install(app, chosen)
    modules = (recommendations, explain, items, users, popular, search, map, reindexing, status, health, metrics, page)
    for module in modules:
        app.include_router(module.router)
    return app

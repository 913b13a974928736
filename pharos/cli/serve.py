"""pharos serve."""

import os
import tempfile
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pharos.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from fastapi import FastAPI

    from pharos.serving.settings import Settings

_SILENT_SECONDS: Final = 60
_HOURS: Final = {"m": 1 / 60, "h": 1.0, "d": 24.0}


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; by default the setting host.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; by default the setting port.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; more than one needs a Qdrant server.")] = 1,
    retrain_every: Annotated[
        str | None, typer.Option(metavar="TIME", help="Retrain as often as this, such as 24h, 7d or 30m.")
    ] = None,
) -> None:
    """Start the HTTP API and the web page."""
    from logging.config import dictConfig

    from pharos.cli.listening import announce, free_port
    from pharos.serving.errors import SettingsError
    from pharos.serving.operations.bind_check import check_exposure
    from pharos.serving.operations.logs import configuration
    from pharos.serving.settings import PREFIX, load_settings

    given = {"host": host, "port": port, "retrain_hours": _hours(retrain_every)}
    options = {name: value for name, value in given.items() if value is not None}
    settings = load_settings(**options)
    check_exposure(settings)
    if workers > 1 and not settings.qdrant_url:
        raise SettingsError("the index inside the process serves one process only; set qdrant_url for --workers")
    taken = free_port(settings.host, settings.port)
    with ExitStack() as stack:
        if workers > 1:
            # Workers read their settings anew, and add up their numbers through files. The library of the numbers
            # decides where it keeps them when it is imported, so nothing that imports it stands above this line.
            os.environ.update({f"{PREFIX}{name.upper()}": str(value) for name, value in options.items()})
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = stack.enter_context(tempfile.TemporaryDirectory())

        log = configuration(settings)
        dictConfig(log)
        _check_parts(settings)

        import uvicorn

        app: str | FastAPI = "pharos.serving.app:create_app"
        if workers == 1:
            # Worker processes build the application themselves, and this one need not know of it.
            from pharos.serving.app import create_app

            app = create_app(settings)
        announce(settings.host, taken)
        server: dict[str, Any] = {
            "host": settings.host,
            "port": taken,
            "log_config": log,
            "log_level": "warning",
            "access_log": False,
            "server_header": False,
            "timeout_graceful_shutdown": settings.stop_seconds,
            # A worker that loads a bundle on a busy machine is silent for long, and not dead.
            "timeout_worker_healthcheck": _SILENT_SECONDS,
        }
        try:
            if settings.qdrant_url:
                uvicorn.run(app, factory=workers > 1, workers=workers, **server)
            else:
                from pharos.serving.operations.running import run_published

                run_published(uvicorn.Config(app, **server), settings.index_dir)
        except SystemExit as end:  # the log says why, and the server's own codes are not ours
            raise typer.Exit(ExitCode.FAILED if end.code else ExitCode.OK) from None


def _hours(text: str | None) -> float | None:
    if text is None:
        return None
    number, unit = text[:-1], text[-1:]
    if unit not in _HOURS or not number.isdecimal() or not int(number):
        raise typer.BadParameter(f"{text!r} is no time; one looks like 24h, 7d or 30m", param_hint="--retrain-every")
    return int(number) * _HOURS[unit]


def _check_parts(settings: "Settings") -> None:
    """Raise whatever would keep the application from starting, before heavy libraries are imported."""
    from pharos.serving.parts import open_index, open_store
    from pharos.serving.rule_settings import conditions

    with open_store(settings) as store, open_index(settings):
        schema = store.schema() if settings.rules else None
    if schema is not None and schema.items:  # before the first import nothing is known that a rule could be held to
        conditions(settings.rules, schema)

"""pharos serve."""

from typing import Annotated

import typer


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; by default the setting host.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; by default the setting port.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; more than one needs a Qdrant server.")] = 1,
) -> None:
    """Start the HTTP API and the web page."""
    from serving.errors import SettingsError
    from serving.settings import load_settings

    options = {"host": host, "port": port}
    settings = load_settings(**{name: value for name, value in options.items() if value is not None})
    if workers > 1 and not settings.qdrant_url:
        raise SettingsError("the index inside the process serves one process only; set qdrant_url for --workers")
    import uvicorn

    from serving.app import create_app
    from serving.rules import conditions
    from serving.service import open_store

    if settings.rules:
        with open_store(settings) as store:
            schema = store.schema()
        if schema.items:  # before the first import nothing is known that a rule could be held to
            conditions(settings.rules, schema)

    print(f"Pharos at http://{settings.host}:{settings.port}/ and its API at /docs; stop with Ctrl-C", flush=True)
    uvicorn.run(
        # Worker processes build the application themselves.
        create_app(settings) if workers == 1 else "serving.app:create_app",
        factory=workers > 1,
        host=settings.host,
        port=settings.port,
        workers=workers,
        log_level="warning",
        server_header=False,
    )

"""pharos retrain."""

from typing import Annotated

import typer

from pharos.cli.exit_codes import ExitCode


def retrain(
    keep: Annotated[
        bool, typer.Option("--keep", help="Train and compare only; the last line is the verdict as JSON.")
    ] = False,
    against: Annotated[
        str | None, typer.Option(metavar="BUNDLE", help="The bundle to be judged against; by default the live one.")
    ] = None,
) -> None:
    """Train on what the store holds; go live only if that is not worse than what is live on the newest events."""
    from pharos.cli.progress import terminal_progress
    from pharos.retraining import retrain as train_anew
    from pharos.serving.operations.reindex import live_bundle, reindex
    from pharos.serving.parts import open_store
    from pharos.serving.settings import load_settings
    from pharos.towers.bundle.bundle import Bundle

    settings = load_settings()
    progress = terminal_progress()
    live = Bundle.load(settings.bundles_dir / (against or live_bundle(settings)))
    with open_store(settings) as store:
        dataset = store.dataset()
    verdict = train_anew(dataset, live, bundles=settings.bundles_dir, text_cache=settings.texts_dir, progress=progress)
    if keep:
        print(verdict.model_dump_json())
        return
    print(verdict.reason)
    if verdict.bundle and verdict.goes_live:
        print(f"live: {reindex(settings, verdict.bundle, progress).collection}")
    else:
        print(f"{live.id} stays live" + (f"; the new bundle {verdict.bundle} is kept" if verdict.bundle else ""))
        raise typer.Exit(ExitCode.KEPT_LIVE)

"""pharos train."""

from pathlib import Path
from typing import Annotated

import typer

from pharos.cli.options import DataOrStore, FromStore


def train(
    data: DataOrStore = None,
    from_store: FromStore = False,
    bundles: Annotated[
        Path | None, typer.Option(help="Folder to write the bundle to; by default bundles/ in the data_dir.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Most epochs; early stopping ends sooner.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A training setting, such as dimensions=64. May be repeated."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint of a training that did not end.")
    ] = False,
) -> None:
    """Train a new bundle; the last line is its id."""
    from pharos.cli.progress import terminal_progress
    from pharos.ingest.load import load_dataset
    from pharos.serving.parts import open_store
    from pharos.serving.settings import load_settings
    from pharos.towers.settings import TrainingSettings
    from pharos.training import train as train_bundle

    if (data is None) != from_store:
        raise typer.BadParameter("name a data set, or --from-store")
    settings = load_settings()
    chosen = TrainingSettings.parse([*(set_ or []), *([f"max_epochs={epochs}"] if epochs else [])])
    progress = terminal_progress()
    if data is None:
        with open_store(settings) as store:
            dataset = store.dataset()
    else:
        dataset = load_dataset(data, progress=progress)
    for line in dataset.report.lines():
        progress.say(line)
    trained = train_bundle(
        dataset,
        chosen,
        bundles=bundles or settings.bundles_dir,
        text_cache=settings.texts_dir,
        progress=progress,
        resume=resume,
    )
    if trained.retrieval and trained.popularity:
        ours, baseline = trained.retrieval, trained.popularity
        whose = f"the events of {trained.people:,} users, a sample" if trained.sampled else "each user's events"
        progress.say(f"On the last fifth of {whose}, on the full catalogue:")
        progress.say(f"  ndcg@10     retrieval {ours.ndcg_10:.4f}   popularity {baseline.ndcg_10:.4f}")
        progress.say(f"  recall@100  retrieval {ours.recall_100:.4f}   popularity {baseline.recall_100:.4f}")
    print(trained.bundle.id)

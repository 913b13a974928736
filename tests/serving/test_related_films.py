"""Related items on real data: what everybody can check by looking."""

from pathlib import Path

import pytest

from pharos.ingest.load import load_dataset
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.pipeline import Selection
from pharos.serving.service import open_service
from pharos.serving.settings import Settings
from pharos.towers.progress import Silent
from pharos.towers.settings import TrainingSettings
from pharos.training import train


@pytest.mark.slow
def test_star_wars_lists_both_sequels_among_its_first_three(tmp_path: Path) -> None:
    settings, films = Settings(data_dir=tmp_path), load_dataset("ml-100k")
    short = TrainingSettings(text_model="", ranker=False, max_epochs=8)
    train(films, short, bundles=settings.bundles_dir, text_cache=settings.texts_dir, progress=Silent())
    with open_store(settings) as store:
        store.import_dataset(films)
    reindex(settings, None, Silent())
    with open_service(settings) as service:
        related = [item.title for item in service.pipeline.similar("50", Selection(3)).items]
    assert {"Return of the Jedi", "The Empire Strikes Back"} <= set(related), related

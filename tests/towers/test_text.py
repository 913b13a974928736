"""The text model: a few texts on NumPy and many on TensorFlow are the same to whoever asks."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from pharos.towers.text.bert import can_read
from pharos.towers.text.model import TextModel
from tests.towers.test_runtime import run

TEXTS = [
    "space adventure",
    "x",
    "Ünïcode — “quotes” 日本語 film, 1995!",
    "a text that is much longer than what the model reads of it " * 20,
    "lines\nand\ttabs, C3PO & R2-D2's [MASK] <b>bold</b>",
    "",
]


@pytest.fixture(scope="module")
def model() -> TextModel:
    return TextModel()


def test_a_few_texts_get_the_vectors_that_tensorflow_gives(model: TextModel) -> None:
    few = model.embed(TEXTS)
    model.load()
    assert np.abs(few - model.embed(TEXTS)).max() < 1e-5
    assert np.allclose(np.linalg.norm(few, axis=1), [1] * 5 + [0], atol=1e-5)


def test_one_text_wakes_no_tensorflow() -> None:
    code = (
        "import sys; from pharos.towers.text.model import TextModel; v = TextModel().embed(['space', '']);"
        "print(v.shape, sorted({'tensorflow', 'transformers'} & set(sys.modules)))"
    )
    assert run(code).stdout.strip() == "(2, 384) []"


@pytest.mark.parametrize(
    "other", [{"model_type": "xlm-roberta"}, {"hidden_act": "relu"}, {"position_embedding_type": "relative_key"}]
)
def test_a_model_of_another_kind_is_left_to_tensorflow(model: TextModel, tmp_path: Path, other: dict[str, str]) -> None:
    assert can_read(model.folder)
    config = json.loads((model.folder / "config.json").read_text("utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(config | other), "utf-8")
    shutil.copyfile(model.folder / "tokenizer.json", tmp_path / "tokenizer.json")
    assert not can_read(tmp_path)

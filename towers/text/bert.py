"""A BERT encoder in NumPy, fast for a few texts.

The same model on TensorFlow takes six seconds to load, and a question has one text. What is computed is the encoder of
Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (2019), with the mean of the token vectors as in
Sentence-BERT (Reimers and Gurevych, 2019).
"""

import json
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]

_TOKENIZER: Final = "tokenizer.json"
_NEEDED: Final = {"model_type": "bert", "hidden_act": "gelu"}
_ABSOLUTE: Final = "absolute"


def can_read(folder: Path) -> bool:
    """Whether the model in this folder is a BERT that `Bert` supports (activation, position embeddings)."""
    config = _config(folder)
    usual = all(config.get(name) == value for name, value in _NEEDED.items())
    return usual and config.get("position_embedding_type", _ABSOLUTE) == _ABSOLUTE and (folder / _TOKENIZER).is_file()


class Bert:
    """A loaded BERT model. Thread-safe: it does not change after loading."""

    def __init__(self, folder: Path, weights_file: Path, max_tokens: int) -> None:
        """Read the weights. max_tokens: longer texts are cut. Raises OSError or KeyError where a file lacks a part."""
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        config = _config(folder)
        self._layers, self._heads = int(config["num_hidden_layers"]), int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])
        tensors = load_file(weights_file)
        self._weights = {
            name.removeprefix("bert."): tensor.astype(np.float32, copy=False) for name, tensor in tensors.items()
        }
        self._tokenizer: Any = Tokenizer.from_file(str(folder / _TOKENIZER))
        self._tokenizer.enable_truncation(max_tokens)
        self._tokenizer.no_padding()

    def embed(self, text: str) -> Floats:
        """The vector of a text: float32 [dimensions], of length 1."""
        mean = self._states(self._tokenizer.encode(text).ids).mean(axis=0)
        unit: Floats = mean / np.linalg.norm(mean)
        return unit

    def _states(self, ids: list[int]) -> Floats:
        """The states of n tokens after the last layer: float32 [n, dimensions]."""
        table = "embeddings.{}_embeddings.weight".format
        words, places, types = (self._weights[table(name)] for name in ("word", "position", "token_type"))
        states = self._normed(words[ids] + places[: len(ids)] + types[0], "embeddings")
        for layer in range(self._layers):
            name = f"encoder.layer.{layer}"
            attended = self._dense(self._attention(states, f"{name}.attention.self"), f"{name}.attention.output.dense")
            states = self._normed(states + attended, f"{name}.attention.output")
            inner = _gelu(self._dense(states, f"{name}.intermediate.dense"))
            states = self._normed(states + self._dense(inner, f"{name}.output.dense"), f"{name}.output")
        return states

    def _attention(self, states: Floats, name: str) -> Floats:
        count, width = states.shape
        query, key, value = (
            self._dense(states, f"{name}.{part}").reshape(count, self._heads, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(width // self._heads))
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        heads: Floats = (shares @ value).transpose(1, 0, 2).reshape(count, width)
        return heads

    def _dense(self, states: Floats, name: str) -> Floats:
        product: Floats = states @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return product

    def _normed(self, states: Floats, name: str) -> Floats:
        centred = states - states.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + np.float32(self._epsilon))
        scale, shift = (self._weights[f"{name}.LayerNorm.{part}"] for part in ("weight", "bias"))
        normed: Floats = centred / spread * scale + shift
        return normed


def _gelu(values: Floats) -> Floats:
    from scipy.special import erf

    activated: Floats = values * np.float32(0.5) * (1 + erf(values / np.float32(np.sqrt(2))))
    return activated


def _config(folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    return config

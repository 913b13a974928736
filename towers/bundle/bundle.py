"""Bundles: immutable folders with everything that a trained system needs to answer."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from pharos.ingest.columns import Columns
from pharos.ingest.file_sums import damage
from pharos.ingest.schema import Schema
from pharos.towers.bundle.compact import CompactModel
from pharos.towers.bundle.manifest import FORMAT, Manifest, TextModelRecord
from pharos.towers.errors import BundleDamaged, BundleError
from pharos.towers.histories.queries import UserQuery
from pharos.towers.ranking.features import Retrieved
from pharos.towers.ranking.ranker import MODEL, Ranker, rows_of
from pharos.towers.ratings.model import RatingModel
from pharos.towers.retrieval.inputs import InputSpec
from pharos.towers.retrieval.two_towers import TwoTowers
from pharos.towers.sources.files import read_sources
from pharos.towers.sources.learnt import Sources
from pharos.towers.sources.merging import SOURCES
from pharos.towers.text.documents import documents
from pharos.towers.text.model import TextModel

MANIFEST, INPUTS, ITEM_TOWER, USER_TOWER = "manifest.json", "inputs.json", "item_tower", "user_tower"
ONE_USER = "user_tower.tflite"
COMPACT_ITEMS = "item_tower.tflite"
RATINGS = "ratings.npz"
SUMS = "sums.json"
_TAG = ("tag", "tag_weight")


@dataclass(frozen=True)
class ItemVectors:
    """Vectors of n items.

    tower: float32 [n, d], each of length 1; text: float32 [n, t], of length 1 or all zeros. neighbours: weights from
    other items, content: weights of words and labels; float32 [n, any], of no columns where there are none.
    """

    item_ids: list[str]
    tower: npt.NDArray[np.float32]
    text: npt.NDArray[np.float32]
    neighbours: csr_matrix
    content: csr_matrix


@dataclass(frozen=True)
class Trained:
    """The result of a training run: all that a bundle saves.

    ranker: None where there was too little to learn from, or none was wanted; ratings: None where the data have none.
    """

    towers: TwoTowers
    sources: Sources
    ranker: Ranker | None = None
    ratings: RatingModel | None = None


class Bundle:
    """A trained system, loaded: towers, input specification, ranker, rating model and text model.

    Its folder has `manifest.json`, `inputs.json` (vocabularies, encoders, schema), one SavedModel for each tower,
    compact graphs of both towers and of the ranking model, and what the other sources, the ranker and the rating
    model know, as arrays.
    """

    def __init__(self, path: Path, manifest: Manifest, trained: Trained, text_model: TextModel | None) -> None:
        """Use `load`, or `pharos.towers.bundle.saving.save`."""
        self.path, self.manifest, self.towers, self.text_model = path, manifest, trained.towers, text_model
        self.sources, self.ranker, self.ratings = trained.sources, trained.ranker, trained.ratings

    @property
    def trained(self) -> Trained:
        """The content of the bundle as a training run returns it."""
        return Trained(self.towers, self.sources, self.ranker, self.ratings)

    @property
    def id(self) -> str:
        """The name of the bundle: its creation time and four random digits, so that names sort by age."""
        return self.manifest.id

    @property
    def schema(self) -> Schema:
        """The features that the towers read."""
        return self.towers.spec.schema

    @property
    def dimensions(self) -> int:
        """The length of a tower's vector."""
        return self.towers.dimensions

    @property
    def text_dimensions(self) -> int:
        """The length of a text vector, 0 where the bundle has no text model."""
        return self.manifest.text_model.dimensions if self.manifest.text_model else 0

    @property
    def history_length(self) -> int:
        """How many of the newest events of a history the user tower reads."""
        return self.towers.spec.length

    @cached_property
    def known_items(self) -> frozenset[str]:
        """The items that training saw; all others are cold-start items."""
        return frozenset(self.towers.spec.items.ids)

    def encode_items(self, items: pd.DataFrame) -> ItemVectors:
        """Encode n items.

        items: typed rows as in pharos.ingest.dataset.Dataset; ids and categories that training never saw are normal.
        """
        text = self.embed_text(documents(items, self.schema.items)) if self.text_model else None
        tower = self.towers.item_vectors(items, text)
        nothing = np.zeros((len(items), 0), np.float32)
        rows = self.sources.item_rows(items)
        return ItemVectors(
            items[Columns.ITEM].tolist(),
            tower,
            nothing if text is None else text,
            neighbours=rows.neighbours,
            content=rows.content,
        )

    def encode_users(self, queries: Sequence[UserQuery]) -> npt.NDArray[np.float32]:
        """Encode n queries with the user tower: float32 [n, dimensions], each of length 1."""
        return self.towers.user_vectors(queries)

    def predict_ratings(
        self, user: UserQuery, item_ids: Sequence[str], vectors: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float64] | None:
        """Predicted ratings of one person for n items, float64 [n]; None where training had no ratings.

        vectors: float32 [n, d], the item tower's; those of unknown items do as well.
        """
        if self.ratings is None:
            return None
        spec = self.towers.spec
        past = rows_of(spec, [event.item_id for event in user.history])
        ratings = np.array([np.nan if event.rating is None else event.rating for event in user.history], np.float64)
        return self.ratings.predict((past, user.history_vectors, ratings), rows_of(spec, item_ids), vectors)

    def embed_text(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Encode texts with the text model: float32 [n, text_dimensions], of length 1, or zeros for an empty text.

        Raises BundleError where the bundle has no text model.
        """
        if self.text_model is None:
            raise BundleError(f"bundle {self.id} was trained without a text model, so it cannot read texts")
        return self.text_model.embed(texts)

    def warm_up(self) -> None:
        """Run the models that every request needs once, so that the first request is not slow."""
        nobody = UserQuery((), np.zeros((0, self.dimensions), np.float32))
        (vector,) = self.encode_users([nobody])
        if self.ranker is not None:
            nothing = Retrieved(np.zeros(1, np.float32), np.zeros((1, SOURCES), np.float32))
            self.ranker.score(self.ranker.query(nobody, vector), np.array([-1]), vector[None], nothing)

    def warm_up_encoders(self) -> None:
        """Load the item tower now, and not with the first item: without a compact graph that takes seconds.

        The text model waits for the first text that it has to read, since many services never get one.
        """
        if isinstance(self.towers.item_tower, _ItemTower):
            self.towers.item_tower.load()

    @classmethod
    def load(cls, path: Path, text_cache: Path | None = None) -> "Bundle":
        """Read a bundle from its folder.

        text_cache: folder of the text model's disk cache. Raises BundleError where the folder is no bundle, is
        damaged (BundleDamaged), is of another format, or was trained with other text model weights than those here.
        """
        check_files(path)
        manifest = read_manifest(path)
        text_model = _text_model(manifest.text_model, text_cache) if manifest.text_model else None
        try:
            spec = InputSpec.from_state(json.loads((path / INPUTS).read_text("utf-8")))
            item_tower = _ItemTower(path / ITEM_TOWER, path / COMPACT_ITEMS)
            user_tower = _UserTower(path / USER_TOWER, CompactModel.load(path / ONE_USER))
            scorer = _Scorer(CompactModel.load(path / MODEL)) if (path / MODEL).exists() else None
            ratings = _ratings(path / RATINGS)
            sources = read_sources(path, spec)
        except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
            raise BundleDamaged(path, f"{type(error).__name__}: {error}") from error
        ranker = Ranker.load(path, spec, scorer) if scorer else None
        towers = TwoTowers(spec, manifest.dimensions, item_tower, user_tower)
        return cls(path, manifest, Trained(towers, sources, ranker, ratings), text_model)


class _SavedTower:
    """A tower loaded from its SavedModel, called by its one concrete function."""

    def __init__(self, path: Path) -> None:
        from pharos.towers.backend import tf

        try:
            self._saved = tf.saved_model.load(str(path))  # holds the variables
        except (OSError, ValueError) as error:
            raise BundleDamaged(path.parent, f"{path.name}: {error}") from error
        self.encode = self._saved.encode.concrete_functions[0]


class _ItemTower:
    """The item tower, loaded when the first item is encoded: most requests only read stored item vectors.

    Its compact graph is as fast for hundreds of items at once, and spares a service the half gigabyte of TensorFlow.
    A tower that reads pictures, series or words has none, nor has a bundle of before there were any: those use the
    SavedModel.
    """

    def __init__(self, path: Path, compact: Path) -> None:
        self._path, self._compact = _checked_tower(path), compact

    @cached_property
    def _encode(self) -> Callable[[Mapping[str, Any]], Any]:
        if not self._compact.exists():
            return _SavedTower(self._path).encode
        model = CompactModel.load(self._compact)
        return lambda inputs: model(_with_a_tag_each(inputs))

    def load(self) -> None:
        """Load the graph now, and not with the first item."""
        _ = self._encode

    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """See pharos.towers.retrieval.two_towers.Encoder."""
        return self._encode(inputs)


def _with_a_tag_each(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The same inputs with a tag of no weight for each item: the compact runtime sums only rows without gaps."""
    if not len(inputs["tag"]):
        return dict(inputs)
    items = np.arange(len(inputs["code"]), dtype=np.int32)
    row = np.concatenate([inputs["tag_row"], items])
    order = np.argsort(row, kind="stable")
    tag, weight = (np.concatenate([inputs[name], np.zeros_like(items, inputs[name].dtype)]) for name in _TAG)
    return {**inputs, "tag_row": row[order], **dict(zip(_TAG, (tag[order], weight[order]), strict=True))}


class _UserTower:
    """The user tower: a compact graph for one user, a SavedModel for many users at once.

    A service never has many at once, so that the SavedModel is only loaded where it is needed: that takes the
    interpreter for a while, and a new bundle is loaded while an old one answers.
    """

    def __init__(self, path: Path, one: CompactModel) -> None:
        self._path, self._one = _checked_tower(path), one

    @cached_property
    def _many(self) -> _SavedTower:
        return _SavedTower(self._path)

    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """See pharos.towers.retrieval.two_towers.Encoder."""
        return self._one(inputs) if len(inputs["user"]) == 1 else self._many.encode(inputs)


def _checked_tower(path: Path) -> Path:
    if not (path / "saved_model.pb").exists():
        raise FileNotFoundError(f"no SavedModel in {path.name}")
    return path


class _Scorer:
    """The ranking model, loaded from its compact graph."""

    def __init__(self, model: CompactModel) -> None:
        self._model = model

    def score(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """See pharos.towers.ranking.ranker.Scorer."""
        return self._model({"features": features})


def _ratings(file: Path) -> RatingModel | None:
    if not file.exists():
        return None
    with np.load(file, allow_pickle=False) as arrays:
        return RatingModel.from_arrays(arrays)


def read_manifest(path: Path) -> Manifest:
    """Read the manifest of the bundle in folder `path`. Raises BundleError if it is missing or damaged."""
    file = path / MANIFEST
    try:
        content = json.loads(file.read_text("utf-8"))
        made_as = content.get("format")
        if made_as != FORMAT:
            is_newer = isinstance(made_as, int) and made_as > FORMAT
            maker, advice = ("a newer", "Use the newer one, or make") if is_newer else ("an older", "Make")
            raise BundleError(
                f"bundle {path} has format {made_as!r}, made by {maker} Pharos; this one reads {FORMAT}. {advice} a "
                "bundle that fits: `pharos train --from-store`, then `pharos index`"
            )
        return Manifest.model_validate(content)
    except FileNotFoundError as error:
        raise BundleError(f"bundle {path}: no {MANIFEST} there; `pharos train` makes a bundle") from error
    except (OSError, ValueError, AttributeError) as error:
        raise BundleError(f"bundle {path}: {MANIFEST} cannot be read ({error})") from error


def check_files(path: Path) -> None:
    """Raise BundleDamaged where the checksum of a file differs. Older bundles without checksums pass."""
    try:
        reason = damage(path, path / SUMS)
    except OSError as error:
        reason = str(error)
    if reason:
        raise BundleDamaged(path, reason)


def bundle_ids(folder: Path) -> list[str]:
    """The ids of the bundles below `folder`, oldest first."""
    return sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}") if not path.parent.name.startswith("."))


def _text_model(record: TextModelRecord, cache: Path | None) -> TextModel:
    """The text model that the manifest names; BundleError where its weights are not those of the training."""
    model = TextModel(record.name, cache)
    if model.weights_hash != record.weights_sha256:
        raise BundleError(
            f"text model {record.name!r}: its weights here have the sha256 {model.weights_hash}, but the bundle was "
            f"trained with {record.weights_sha256}. Its vectors would not fit: use the same weights, or train anew."
        )
    return model

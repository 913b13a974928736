"""The checks of `pharos doctor`: what works in this installation, and what to do about what does not."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final, TypeAlias

from pharos.indexing.folder_lock import FolderLocked
from pharos.ingest.errors import PharosError
from pharos.serving.errors import Disagreement, NotReady
from pharos.serving.settings import Settings, load_settings

_PYTHONS: Final = ((3, 11), (3, 13))


@dataclass(frozen=True)
class Finding:
    """The result of one check. detail: what was found. advice: what to do if it failed."""

    part: str
    works: bool
    detail: str
    advice: str = ""


Ask: TypeAlias = Callable[[Settings, FolderLocked], tuple[str, Mapping[str, Any]]]
"""A function that returns the address of the server that has the index open, and its status as in the API."""


def examine(*, check: bool = False, ask: Ask, ask_items: Ask) -> Iterator[Finding]:
    """Run one check after the other; those that need settings come last, and only if the settings are valid.

    check: whether to hold the store, the index and the events against each other, item by item.
    ask: asks the server, where one has the embedded index open. ask_items: has it compare the items.
    """
    yield _python()
    yield _tensorflow()
    yield _text_model()
    try:
        settings = load_settings()
    except PharosError as error:
        yield Finding("settings", False, str(error), "correct the value, or remove the setting to get its default")
        return
    yield Finding("settings", True, "can be read")
    yield _data_dir(settings)
    yield _attempt("store", lambda: _store(settings), "check database_url and who may write to data_dir")
    index_advice = (
        "start the Qdrant server or correct qdrant_url"
        if settings.qdrant_url
        else "if another process has it open: stop it, or correct PHAROS_API_KEY, with which a server is asked"
    )
    yield _attempt("index", lambda: _index(settings, ask), index_advice)
    yield _attempt("live", lambda: _live(settings, ask), "run `pharos train`, `pharos import` and `pharos index`")
    if check:
        agreement_advice = "run `pharos index`, which builds it anew, or correct PHAROS_API_KEY where a key is wanted"
        yield _attempt("agreement", lambda: _agreement(settings, ask_items), agreement_advice)
        yield _attempt("counts", lambda: _counts(settings), "run `pharos import` with any data, which counts all anew")


def _python() -> Finding:
    lowest, highest = _PYTHONS
    works = lowest <= sys.version_info[:2] <= highest
    allowed = " to ".join(f"{major}.{minor}" for major, minor in _PYTHONS)
    return Finding("python", works, sys.version.split()[0], "" if works else f"use Python {allowed}")


def _tensorflow() -> Finding:
    from pharos.towers.backend import tf

    legacy = tf.keras.__name__.startswith("tf_keras")
    detail = f"{tf.__version__} with tf-keras {version('tf-keras')}"
    return Finding("tensorflow", legacy, detail, "" if legacy else "import pharos before TensorFlow")


def _text_model() -> Finding:
    from pharos.towers.text.model import DEFAULT_MODEL, TextModel

    try:
        digest = TextModel(DEFAULT_MODEL).weights_hash
    except (PharosError, OSError) as error:
        advice = "install it as `make install` does, or train with --set text_model=NAME or --set text_model= for none"
        return Finding("text model", False, str(error), advice)
    return Finding("text model", True, f"{DEFAULT_MODEL}, sha256 {digest[:12]}…")


def _data_dir(settings: Settings) -> Finding:
    folder = settings.data_dir.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Finding("data_dir", False, f"{folder}: {error.strerror}", "set data_dir to a folder that can be written")
    return Finding("data_dir", True, str(folder))


def _attempt(part: str, describe: Callable[[], str], advice: str) -> Finding:
    try:
        return Finding(part, True, describe())
    except (PharosError, OSError) as error:
        return Finding(part, False, str(error), advice)


def _store(settings: Settings) -> str:
    from pharos.serving.parts import open_store

    with open_store(settings) as store:
        counts = store.counts()
    return f"{counts.items:,} items, {counts.users:,} users, {counts.events:,} events"


def _index(settings: Settings, ask: Ask) -> str:
    from pharos.serving.parts import open_index

    try:
        with open_index(settings) as index:
            index.ready()
            count = len(index.collections())
    except FolderLocked as locked:
        url, status = ask(settings, locked)
        return f"{len(status['collections'])} collections, open in the server at {url} (process {locked.process})"
    if settings.qdrant_url:
        return f"{count} collections on {settings.qdrant_url} (client {version('qdrant-client')})"
    return f"{count} collections in {settings.index_dir} (engine {version('qdrant-edge-py')})"


def _live(settings: Settings, ask: Ask) -> str:
    from pharos.serving.service import open_service

    try:
        with open_service(settings) as service:
            generation = service.live.current()
    except FolderLocked as locked:
        _, status = ask(settings, locked)
        for part, problem in status["problems"].items():
            raise NotReady(part, problem) from locked
        return ", ".join(f"{live['collection']} with bundle {live['bundle']}" for live in status["variants"])
    return f"{generation.collection} with bundle {generation.bundle.id}"


def _agreement(settings: Settings, ask: Ask) -> str:
    from pharos.serving.operations.consistency import LOOKS, disagreements
    from pharos.serving.service import open_service

    try:
        with open_service(settings) as service:
            found = list(disagreements(service, LOOKS))
            items = service.store.counts().items
    except FolderLocked as locked:
        _, told = ask(settings, locked)
        found, items = list(told["disagreements"]), int(told["items"])
    if found:
        raise Disagreement("; ".join(found))
    return f"{items:,} items are in the store and the index alike"


def _counts(settings: Settings) -> str:
    from pharos.serving.operations.consistency import miscounted
    from pharos.serving.parts import open_store

    with open_store(settings) as store:
        found = list(miscounted(store))
        counts = store.counts()
    if found:
        raise Disagreement("; ".join(found))
    return f"{counts.events:,} events are counted right"

"""Serves a small made-up catalogue and runs the tests of `page.test.mjs` against it in headless Chromium.

Where Chromium, Node or npm is missing the tests are skipped; where the variable CI is set that is a failure.
"""

import os
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.browser.chromium import Browser, Missing

_TESTS: Final = Path(__file__).with_name("page.test.mjs")


def main() -> int:
    """The exit code."""
    try:
        browser = Browser.found()
    except Missing as missing:
        failed = bool(os.environ.get("CI"))
        sys.stderr.write(f"browser tests {'cannot run' if failed else 'skipped'}: {missing}\n")
        return 1 if failed else 0
    with tempfile.TemporaryDirectory() as name:
        return _run(browser, Path(name))


def _run(browser: Browser, folder: Path) -> int:
    # These load TensorFlow, which a missing program need not wait for.
    from pharos.serving.operations.keys import hash_of, make_key
    from tests.serve_process import ServeProcess

    for part in ("open", "guarded"):
        (folder / part).mkdir()
    _make(folder / "open" / "data")
    shutil.copytree(folder / "open" / "data", folder / "guarded" / "data")
    read, admin = make_key(), make_key()
    keys = f'{{"read": ["{hash_of(read.encode())}"], "admin": ["{hash_of(admin.encode())}"]}}'
    server = ServeProcess({"data_dir": str(folder / "open" / "data")}, folder / "open")
    guarded = ServeProcess({"data_dir": str(folder / "guarded" / "data"), "api_keys": keys}, folder / "guarded")
    # Both start at the same time, and what was entered is left whatever happens.
    with ThreadPoolExecutor() as starting, ExitStack() as running:
        for entered in [starting.submit(running.enter_context, one) for one in (server, guarded)]:
            entered.result()
        told = {"PAGE": server.url, "GUARDED": guarded.url, "KEY": admin, "LESS": read}
        return browser.run(_TESTS, told, "--test", "--test-reporter=spec")[0]


def _make(data: Path) -> None:
    """A trained, imported and indexed catalogue."""
    from pharos.serving.operations.reindex import reindex
    from pharos.serving.parts import open_store
    from pharos.serving.settings import Settings
    from pharos.towers.progress import Silent
    from pharos.towers.settings import TrainingSettings
    from pharos.training import train
    from tests.serving import world

    quick = TrainingSettings(dimensions=16, item_hidden=16, user_hidden=32, history_length=30, max_epochs=6)
    settings = Settings(data_dir=data)
    train(world.dataset(), quick, bundles=settings.bundles_dir, text_cache=settings.texts_dir, progress=Silent())
    with open_store(settings) as store:
        store.import_dataset(world.dataset())
    reindex(settings, None, Silent())


if __name__ == "__main__":
    sys.exit(main())

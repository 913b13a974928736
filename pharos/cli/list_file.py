"""pharos recommend --all: the lists of many users in one file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pharos.cli.progress import terminal_progress
from pharos.errors import RequestError
from pharos.indexing.filters import check, parse_expressions
from pharos.list_files import write_lists
from pharos.serving.pipeline import Selection
from pharos.serving.service import open_service
from pharos.serving.settings import load_settings

_LONGEST_LINE: Final = 2048


def write_all(
    users: Path | None,
    out: Path,
    k: int | None,
    filters: Sequence[str] | None,
    diversity: float | None,
    *,
    force: bool,
    workers: int | None,
) -> None:
    """Answer the users of a file, or all of the store. Raises RequestError, FilterError."""
    settings, filter = load_settings(), parse_expressions(filters or [])
    named = None if users is None else _user_ids(users)
    with open_service(settings) as service:
        selection = Selection(
            k or settings.default_k,
            check(filter, service.store.schema()),
            diversity=settings.diversity if diversity is None else diversity,
        )
        ids = service.store.user_ids() if named is None else named
        rows = write_lists(service, ids, selection, out, terminal_progress(), replace=force, workers=workers)
    print(f"{out}: {rows:,} rows for {len(ids):,} users")


def _user_ids(file: Path) -> list[str]:
    """Each distinct id, in file order; empty lines are ignored."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{file}: cannot be read as UTF-8 text ({error})") from error
    for number, line in enumerate(lines, 1):
        if len(line) > _LONGEST_LINE:
            raise RequestError(f"{file}: line {number} has {len(line):,} characters; allowed is one user id in a line")
    return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

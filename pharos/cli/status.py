"""pharos status."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pharos.cli.options import AsJson
from pharos.cli.output import Column, show_table

if TYPE_CHECKING:
    from pharos.serving.operations.status import Status

_USERS: Final = 12
_MINUTES: Final = "%Y-%m-%d %H:%M"
_FIGURE: Final = "retrieval ndcg_10"


def status(as_json: AsJson = False) -> None:
    """Show what is live, and list the collections and bundles."""
    from pharos.serving.operations.status import status_of
    from pharos.serving.service import open_service
    from pharos.serving.settings import load_settings

    settings = load_settings()
    with open_service(settings) as service:
        found, users = status_of(service), service.store.some_users(_USERS) if as_json else []
    if as_json:
        from pharos.serving.api.page_schemas import ShownSettings, StatusAnswer

        shown = ShownSettings.model_validate(settings)
        print(StatusAnswer.of(found, users, shown).model_dump_json(indent=2))
        return
    _print(found)


def _print(status: "Status") -> None:
    counts = status.counts
    print(f"pharos {status.version}: {counts.items:,} items, {counts.users:,} users, {counts.events:,} events")
    for part, problem in status.problems.items():
        print(f"not ready: {part}: {problem}")
    live = [
        [variant.name or "-", variant.alias, f"{variant.share:.0%}", variant.collection or "-"]
        for variant in status.variants
    ]
    headings = (
        Column("variant", cut=True),
        Column("alias", cut=True),
        Column("share", right=True),
        Column("collection"),
    )
    print()
    show_table(headings, live, "Live")
    if status.collections:
        rows = [[info.name, f"{info.count:,}", f"{info.created_at:{_MINUTES}}"] for info in status.collections]
        columns = [Column("collection"), Column("items", right=True), Column("built")]
        print()
        show_table(columns, rows, "Collections")
    if status.bundles:
        rows = [
            [bundle.id, bundle.dataset, f"{bundle.created_at:{_MINUTES}}", _figure(bundle.evaluation)]
            for bundle in status.bundles
        ]
        columns = [Column("bundle"), Column("data", cut=True), Column("trained"), Column("ndcg@10", right=True)]
        print()
        show_table(columns, rows, "Bundles")


def _figure(evaluation: Mapping[str, float]) -> str:
    return f"{evaluation[_FIGURE]:.4f}" if _FIGURE in evaluation else "-"

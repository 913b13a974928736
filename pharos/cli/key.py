"""pharos key."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class KeyAction(StrEnum):
    """What a new key may do, or what to do with those of the file."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
    LIST = "list"
    REVOKE = "revoke"


def key(
    action: Annotated[
        KeyAction,
        typer.Argument(
            help="A new key for read; write: reads too; admin: also re-indexes, rolls back and deletes. Or, with "
            "keys_file: list those there are, revoke one.",
            metavar="read|write|admin|list|revoke",
        ),
    ],
    which: Annotated[
        str | None, typer.Argument(metavar="[HASH]", help="The one to revoke: its hash, or how that begins.")
    ] = None,
    user: Annotated[
        str | None, typer.Option(metavar="ID", help="Only for this user's lists, history and events (keys_file).")
    ] = None,
    days: Annotated[
        float | None, typer.Option(min=0, max=36_500, help="It expires after so many days (keys_file).")
    ] = None,
    note: Annotated[str, typer.Option(help="What it is for, to be told apart in the list (keys_file).")] = "",
) -> None:
    """Make an API key, in the file of keys_file where that is set; list and revoke those of that file."""
    from pharos.serving.settings import load_settings

    file = load_settings().keys_file
    if (which is None) == (action is KeyAction.REVOKE):
        raise typer.BadParameter("a hash is given with revoke, and with nothing else")
    if file is None:
        if action in (KeyAction.LIST, KeyAction.REVOKE) or user is not None or days is not None or note:
            raise typer.BadParameter(
                "this needs the setting keys_file, as in PHAROS_KEYS_FILE=keys.json; keys of the other settings stand "
                "in them"
            )
        _print_new(action)
    elif action is KeyAction.LIST:
        _print_all(file)
    elif action is KeyAction.REVOKE:
        _revoke(file, str(which))
    else:
        _add(file, action, user, days, note)


def _print_new(scope: KeyAction) -> None:
    from pharos.serving.operations.keys import hash_of, make_key

    made = make_key()
    digest = hash_of(made.encode())
    print(f"key:  {made}")
    print(f"hash: {digest}")
    print()
    print("The key is shown this once: give it to the client, which sends it as Authorization: Bearer KEY.")
    print("The hash goes into pharos.toml, among the others of its kind, or into the environment:")
    print()
    print(f'    [api_keys]\n    {scope} = ["{digest}"]')
    print()
    print(f'    PHAROS_API_KEYS=\'{{"{scope}": ["{digest}"]}}\'')


def _add(file: Path, scope: KeyAction, user: str | None, days: float | None, note: str) -> None:
    from pydantic import ValidationError

    from pharos.serving.operations.key_file import KeyEntry, add_key
    from pharos.serving.operations.keys import hash_of, make_key

    made = make_key()
    expires = None if days is None else datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    told = {"hash": hash_of(made.encode()), "scope": scope.value, "user": user, "expires": expires, "note": note}
    try:
        entry = KeyEntry.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise typer.BadParameter(f"{place}: {first['msg']}" if place else first["msg"]) from None
    add_key(file, entry)
    print(f"key:  {made}")
    print(f"hash: {entry.hash}")
    print()
    print("The key is shown this once: give it to the client, which sends it as Authorization: Bearer KEY.")
    print(f"Its hash is in {file}; a server that runs with it knows it within a second.")


def _print_all(file: Path) -> None:
    from pharos.serving.operations.key_file import read_keys

    for entry in read_keys(file):
        until = f"until {entry.expires:%Y-%m-%d %H:%M %Z}" if entry.expires else ""
        told = (f"for {entry.user}" if entry.user is not None else "", until, entry.note)
        expired = "expired" if entry.has_expired() else ""
        print("  ".join(part for part in (entry.hash[:12], f"{entry.scope:<5}", expired, *told) if part))


def _revoke(file: Path, which: str) -> None:
    from pharos.serving.operations.key_file import revoke_key

    print(f"revoked: {revoke_key(file, which).hash}; a server that runs with {file} refuses it within a second")

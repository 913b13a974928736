"""pharos key."""

from enum import StrEnum
from typing import Annotated

import typer


class KeyKind(StrEnum):
    """The scope of a key."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


def key(
    scope: Annotated[
        KeyKind,
        typer.Argument(help="read; write: reads too; admin: also re-indexes, rolls back and deletes.", metavar="SCOPE"),
    ],
) -> None:
    """Make an API key: the key for the client, and its hash for the server's settings."""
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

"""What a key for one user may do: the routes, in one table, and that nobody else is asked about."""

from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import unquote

from fastapi import Depends, Request

from pharos.ingest.unicode import nfc
from pharos.serving.errors import NotTheirs
from pharos.serving.operations.keys import Scope

KEY_USER: Final = "pharos.key_user"
"""Where in an ASGI scope the one user stands that the key of the request is for."""

# What is not here is refused: a new route is closed to such keys until somebody has thought about it. A person may read
# what is known of them, so that their history needs no more than a key to read.
USER_ROUTES: Final[Mapping[str, Mapping[str, Scope]]] = {
    "/v1/schema": {"GET": Scope.READ},
    "/v1/map": {"GET": Scope.READ},
    "/v1/map/person": {"POST": Scope.READ},
    "/v1/recommendations": {"POST": Scope.READ},
    "/v1/explain": {"POST": Scope.READ},
    "/v1/popular": {"GET": Scope.READ},
    "/v1/search": {"GET": Scope.READ},
    "/v1/score": {"POST": Scope.READ},
    "/v1/items": {"GET": Scope.READ},
    "/v1/items/{item_id}": {"GET": Scope.READ},
    "/v1/items/{item_id}/similar": {"GET": Scope.READ},
    "/v1/events": {"POST": Scope.WRITE},
    "/v1/users/{user_id}": {"GET": Scope.READ},
    "/v1/users/{user_id}/events": {"GET": Scope.READ},
    "/v1/users/{user_id}/events/{event_id}": {"DELETE": Scope.WRITE},
    "/v1/users/{user_id}/export": {"GET": Scope.READ},
    "/v1/users/{user_id}/recommendations": {"GET": Scope.READ},
    "/v1/users/{user_id}/ignored/{item_id}": {"PUT": Scope.WRITE, "DELETE": Scope.WRITE},
}
_USERS: Final = "/v1/users/{user_id}"
_PLACE: Final = 3


def user_scope(template: str, method: str) -> Scope | None:
    """What a key for one user needs for a route; None where none such may use it."""
    return USER_ROUTES.get(template, {}).get("GET" if method == "HEAD" else method)


def is_about(user: str, template: str, path: str) -> bool:
    """Whether a path, still percent-encoded, names no other user than this one."""
    if not template.startswith(_USERS):
        return True
    try:
        return nfc(unquote(path.split("/")[_PLACE], errors="strict")) == user
    except UnicodeDecodeError:
        return False


class KeyUser:
    """The one user that the request's key is for; None where it is for all, or none is needed."""

    def __init__(self, user: str | None) -> None:
        self.user = user

    def may_name(self, user_id: str) -> None:
        """Raises NotTheirs for another user than the key's."""
        if self.user is not None and user_id != self.user:
            raise NotTheirs(user_id)


async def key_user(request: Request) -> KeyUser:
    """Whom the request's key is for."""
    return KeyUser(request.scope.get(KEY_USER))


KeyUserDep = Annotated[KeyUser, Depends(key_user)]

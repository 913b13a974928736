"""Access control: one table of the scope that each route requires, and the check of each request's key."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from pharos.serving.api.problems import problem_response
from pharos.serving.api.user_access import KEY_USER, is_about, user_scope
from pharos.serving.api.validation import shown
from pharos.serving.errors import NotTheirs
from pharos.serving.operations.key_file import KeyRing
from pharos.serving.operations.keys import Scope
from pharos.serving.settings import Settings

# A route that is not listed here does not exist for anybody, so that none is ever open by oversight.
ROUTES: Final[Mapping[str, Mapping[str, Scope]]] = {
    "/": {"GET": Scope.OPEN},
    "/assets/{name}": {"GET": Scope.OPEN},
    "/docs": {"GET": Scope.OPEN},
    "/openapi.json": {"GET": Scope.OPEN},
    "/healthz": {"GET": Scope.OPEN},
    "/readyz": {"GET": Scope.OPEN},
    "/metrics": {"GET": Scope.READ},
    "/v1/schema": {"GET": Scope.READ},
    "/v1/status": {"GET": Scope.READ},
    # Reads every item of the store and the index.
    "/v1/consistency": {"GET": Scope.ADMIN},
    "/v1/map": {"GET": Scope.READ},
    "/v1/map/person": {"POST": Scope.READ},
    "/v1/recommendations": {"POST": Scope.READ},
    "/v1/explain": {"POST": Scope.READ},
    "/v1/popular": {"GET": Scope.READ},
    "/v1/search": {"GET": Scope.READ},
    "/v1/score": {"POST": Scope.READ},
    "/v1/items": {"GET": Scope.READ},
    "/v1/items/{item_id}": {
        "GET": Scope.READ,
        "PUT": Scope.WRITE,
        "PATCH": Scope.WRITE,
        "DELETE": Scope.ADMIN,
    },
    "/v1/items/{item_id}/similar": {"GET": Scope.READ},
    "/v1/items:batch": {"POST": Scope.WRITE},
    "/v1/items:preview": {"POST": Scope.READ},
    # The events of users are never public, even where reading needs no key.
    "/v1/events": {"GET": Scope.ADMIN, "POST": Scope.WRITE},
    "/v1/users": {"GET": Scope.ADMIN},
    "/v1/users/{user_id}": {"GET": Scope.READ, "PUT": Scope.WRITE, "DELETE": Scope.ADMIN},
    "/v1/users/{user_id}/events": {"GET": Scope.WRITE},
    "/v1/users/{user_id}/events/{event_id}": {"DELETE": Scope.WRITE},
    "/v1/users/{user_id}/export": {"GET": Scope.ADMIN},
    "/v1/users/{user_id}/merge": {"POST": Scope.WRITE},
    "/v1/users/{user_id}/recommendations": {"GET": Scope.READ},
    "/v1/users/{user_id}/ignored/{item_id}": {"PUT": Scope.WRITE, "DELETE": Scope.WRITE},
    "/v1/reindex": {"POST": Scope.ADMIN},
    "/v1/rollback": {"POST": Scope.ADMIN},
    "/v1/jobs": {"GET": Scope.ADMIN},
    "/v1/jobs/{job_id}": {"GET": Scope.ADMIN},
}
_BY_LENGTH: Final[dict[int, list[tuple[list[str], str]]]] = {}
for _template in ROUTES:
    _BY_LENGTH.setdefault(_template.count("/"), []).append((_template.split("/"), _template))
_VERBS: Final = {Scope.READ: "read", Scope.WRITE: "read and write", Scope.ADMIN: "do everything"}


def template_of(path: str) -> str | None:
    """The route template in `ROUTES` for a path that is still percent-encoded."""
    parts = path.split("/")
    for pattern, template in _BY_LENGTH.get(len(parts) - 1, ()):
        for part, expected in zip(parts, pattern, strict=True):
            if part != expected and not (part and expected[:1] == "{"):
                break
        else:
            return template
    return None


def needed_scope(template: str, method: str, settings: Settings) -> Scope | None:
    """The scope that a request requires under these settings; None where the route has no such method."""
    scope = ROUTES.get(template, {}).get("GET" if method == "HEAD" else method)
    is_open = settings.open_metrics if template == "/metrics" else settings.open_reading
    return Scope.OPEN if scope is Scope.READ and is_open else scope


class Access:
    """Middleware that rejects requests outside the table, or without a key of the required scope.

    Runs before the body is read, so that an invalid key costs one hash. Without keys in the settings every request
    is allowed, except those that other web sites send through a user's browser. A key for one user is checked by
    `user_access`; bodies that name users are checked where they are read.
    Raises SettingsError where the file of keys cannot be read.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._keys = KeyRing(settings)

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Handle one ASGI request."""
        refusal = self._refusal(Request(scope)) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> ASGIApp | None:
        template = template_of(request.scope["path"])
        if template is None:
            detail = f"there is nothing at {shown(request.scope['path'])}"
            return problem_response(request, HTTPStatus.NOT_FOUND, detail)
        needed = needed_scope(template, request.method, self._settings)
        if needed is None:
            allowed = ", ".join(ROUTES[template])
            detail = f"there is no {shown(request.method)} here; allowed: {allowed}"
            return problem_response(request, HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"Allow": allowed})
        if not self._keys:
            return _refuse_other_site(request) if needed >= Scope.WRITE else None
        return self._refuse_key(request, template, needed) if needed > Scope.OPEN else None

    def _refuse_key(self, request: Request, template: str, needed: Scope) -> ASGIApp | None:
        key = key_of(request)
        grant = self._keys.grant_of(key) if key else None
        if grant is None:
            detail = (
                "this needs an API key that may "
                f"{_VERBS[needed]}, sent as Authorization: Bearer KEY or X-API-Key: KEY; "
                f"{'the one sent is not known, or has expired' if key else 'none was sent'}"
            )
            headers = {"WWW-Authenticate": 'Bearer realm="pharos"'}
            return problem_response(request, HTTPStatus.UNAUTHORIZED, detail, kind="unknown-key", headers=headers)
        if grant.user is not None:
            allowed = user_scope(template, request.method)
            if allowed is None:
                detail = "this API key is for one user alone, and this is not for such keys"
                return problem_response(request, HTTPStatus.FORBIDDEN, detail, kind="insufficient-scope")
            if not is_about(grant.user, template, request.scope["path"]):
                return problem_response(request, HTTPStatus.FORBIDDEN, NotTheirs.MESSAGE, kind="another-user")
            needed = allowed
            request.scope[KEY_USER] = grant.user
        if grant.scope < needed:
            detail = f"this needs an API key that may {_VERBS[needed]}; the one sent may {_VERBS[grant.scope]}"
            return problem_response(request, HTTPStatus.FORBIDDEN, detail, kind="insufficient-scope")
        return None


def key_of(request: Request) -> bytes:
    """The key of the request; empty if there is none."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    key = value.strip() if kind.lower() == "bearer" else request.headers.get("x-api-key", "")
    return key.encode("latin-1")  # the bytes that Starlette decoded


def _refuse_other_site(request: Request) -> ASGIApp | None:
    origin = request.headers.get("origin")
    if origin is None or urlsplit(origin).netloc == request.headers.get("host"):
        return None
    detail = f"pages of {shown(origin)} may not write here; a server with API keys takes writes from everywhere"
    return problem_response(request, HTTPStatus.FORBIDDEN, detail, kind="other-site")

"""Requests made from the API's own description, sent to a server, each answer held to the description."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Self

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_SHOWN: Final = 1000
_LONGEST_URL: Final = 65_535


@dataclass
class Outcome:
    """What came of the cases: how many of each operation and of each status, and what did not conform."""

    operations: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __iadd__(self, other: Self) -> Self:
        """With what came of other cases."""
        self.operations.update(other.operations)
        self.statuses.update(other.statuses)
        self.failures += other.failures
        return self


def try_out(url: str, each: int, *, seeded: int, headers: Mapping[str, str] | None = None) -> Outcome:
    """Send `each` cases to every operation of the server at `url`; half of them are what it must refuse."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    outcome = Outcome()
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in schemathesis.GenerationMode:
            strategy = operation.as_strategy(generation_mode=mode)
            # What takes no parameters has nothing that must be refused.
            with suppress(Unsatisfiable):
                _run(strategy, each // 2, seeded, lambda case: _check(case, outcome, dict(headers or {})))
    return outcome


def _run(strategy: object, count: int, seeded: int, check: Callable[[schemathesis.Case], None]) -> None:
    @seed(seeded)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=HealthCheck
    )
    @given(strategy)  # type: ignore[arg-type]
    def each(case: schemathesis.Case) -> None:
        check(case)

    each()


def _check(case: schemathesis.Case, outcome: Outcome, headers: dict[str, str]) -> None:
    response = case.call(headers=headers)
    outcome.operations[f"{case.method} {case.operation.path}"] += 1
    outcome.statuses[response.status_code] += 1
    if len(response.request.url or "") > _LONGEST_URL:
        # The HTTP parser refuses these by itself, in plain text, and the application never sees them.
        assert response.status_code in {400, 414}
        return
    try:
        case.validate_response(response, checks=CHECKS)
    except (Failure, FailureGroup) as failure:
        told = "; ".join(str(part) for part in getattr(failure, "exceptions", (failure,)))
        outcome.failures.append(f"{response.status_code}: {told[:_SHOWN]}, after {case.as_curl_command()[:_SHOWN]}")

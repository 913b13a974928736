"""Metrics for Prometheus: requests and their times, writes, failures, and gauges of the current state.

With several workers each keeps its numbers in a file of the folder that `PROMETHEUS_MULTIPROC_DIR` names, and the
worker that is scraped adds them up (https://prometheus.github.io/client_python/multiprocess/). Gauges are computed at
each scrape, so that none of an old collection stays.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from pharos.ingest.errors import PharosError
from pharos.serving.pipeline import Answer
from pharos.serving.service import Service

FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The metrics of one application, in their own registry."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "pharos_requests", "Requests by route and status.", ("method", "route", "status"), registry=registry
        )
        self._request_seconds = Histogram(
            "pharos_request_seconds",
            "From the first byte of a request to the end of its answer.",
            ("method", "route"),
            registry=registry,
            buckets=_SECONDS,
        )
        self._stage_seconds = Histogram(
            "pharos_stage_seconds",
            "One stage of the pipeline for one list, or all of them (total).",
            ("list", "stage", "bundle", "variant"),
            registry=registry,
            buckets=_SECONDS,
        )
        self._answers = Counter("pharos_answers", "Lists.", ("list", "bundle", "variant"), registry=registry)
        self._degraded = Counter(
            "pharos_degraded_answers", "Degraded lists, since a part was not available.", ("list",), registry=registry
        )
        self._writes = Counter(
            "pharos_writes", "Items and events written, items and users deleted.", ("kind",), registry=registry
        )
        self._sync_failures = Counter(
            "pharos_sync_failures", "Failed passes of the background sync, by type.", ("error",), registry=registry
        )
        if FOLDER_VARIABLE not in os.environ:
            ProcessCollector(registry=registry)

    def answered_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request. method, route: from a fixed set, never as sent by a client."""
        self._requests.labels(method, route, status).inc()
        self._request_seconds.labels(method, route).observe(seconds)

    def answered(self, name: str, answer: Answer) -> None:
        """Count a list. name: the kind of list."""
        bundle, variant = answer.bundle or "", answer.variant or ""
        self._answers.labels(name, bundle, variant).inc()
        if answer.degraded_reason is not None:
            self._degraded.labels(name).inc()
        for stage, milliseconds in answer.milliseconds.items():
            self._stage_seconds.labels(name, stage, bundle, variant).observe(milliseconds / 1000)

    def wrote(self, kind: str, count: int) -> None:
        """Count a write. kind: from a fixed set."""
        self._writes.labels(kind).inc(count)

    def sync_failed(self, error: str) -> None:
        """Count a failure of the background sync. error: the type of the error."""
        self._sync_failures.labels(error).inc()

    def exposition(self, service: Service) -> bytes:
        """All metrics in Prometheus' text format; summed over all workers if there are several."""
        counted = self._registry
        if FOLDER_VARIABLE in os.environ:
            counted = CollectorRegistry()
            MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
        gauges = CollectorRegistry()
        gauges.register(_Gauges(service))
        return generate_latest(counted) + generate_latest(gauges)


class _Gauges(Collector):
    """Gauges of the current state, computed when they are scraped."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Compute the gauges."""
        program = GaugeMetricFamily("pharos_info", "The version that runs.", labels=("version",))
        program.add_metric((version("pharos"),), 1)
        yield program
        problems = self._service.problems()
        ready = GaugeMetricFamily("pharos_ready", "Whether a part can answer; /readyz says why not.", labels=("part",))
        for part in ("store", "index", *self._service.live_parts()):
            ready.add_metric((part,), part not in problems)
        yield ready
        live = GaugeMetricFamily("pharos_live", "The live collection.", labels=("bundle", "collection", "variant"))
        count = GaugeMetricFamily("pharos_index_items", "Items in the live collection.", labels=("collection",))
        model = GaugeMetricFamily("pharos_model_age_seconds", "Since the live bundle was made.", labels=("bundle",))
        data = GaugeMetricFamily(
            "pharos_data_age_seconds", "Since the newest event that the live bundle learnt from.", labels=("bundle",)
        )
        for variant, of_variant in self._service.variants.items():
            # An unavailable part has no gauge; `pharos_ready` says so.
            with suppress(PharosError):
                generation = of_variant.current()
                live.add_metric((generation.bundle.id, generation.collection, variant), 1)
                count.add_metric((generation.collection,), self._service.index.count(generation.collection))
                model_age, data_age = generation.bundle.manifest.ages(time.time())
                model.add_metric((generation.bundle.id,), model_age)
                if data_age is not None:
                    data.add_metric((generation.bundle.id,), data_age)
        yield live
        yield count
        yield model
        yield data

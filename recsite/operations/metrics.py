"""Prometheus metrics, aggregated over all processes of a host."""

import os

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
requests = Histogram(
    "recsite_request_seconds",
    "Response time by route.",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_shared: list[Collector] = []


def register_shared(collector: Collector) -> None:
    """Register a collector whose values are the same in all processes; the process that is scraped collects it."""
    _shared.append(collector)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Serve all metrics to a client with the token; respond 404 to everyone else."""
    if not _may_read(request):
        raise Http404
    registry = CollectorRegistry() if _several_processes() else REGISTRY
    if _several_processes():
        MultiProcessCollector(registry)
    shared = CollectorRegistry()
    for collector in _shared:
        shared.register(collector)
    return HttpResponse(generate_latest(registry) + generate_latest(shared), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if not settings.METRICS_TOKEN:
        return bool(settings.DEBUG)
    return constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}")


def _several_processes() -> bool:
    return "PROMETHEUS_MULTIPROC_DIR" in os.environ

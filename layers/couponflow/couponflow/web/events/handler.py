"""Batches of the table's stream, as Lambda's event source mapping delivers them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from couponflow import observability
from couponflow.store.stream_records import record_of
from couponflow.web.services import Services


def build_handler(services: Services) -> Callable[[Any, Any], dict[str, Any]]:
    """The Lambda handler of the events function."""
    counter, only_shard = services.statistics_counter, services.config.only_shard

    def handler(event: Any, context: Any) -> dict[str, Any]:
        with observability.log_invocation("events", context):
            services.request.start(context)
            try:
                records = [record_of(each) for each in event["Records"]]
                uncounted = counter.count(_shard(event, only_shard), records, datetime.now(UTC))
            except Exception:
                observability.log_exception("events")
                raise
            return _response(uncounted)

    return handler


def _shard(event: Mapping[str, Any], only_shard: str) -> str:
    """The shard that the batch is from. Lambda names it only where the mapping has a window.

    Raises LookupError: without it, a record that comes again looks like a new one.
    """
    shard = event.get("shardId") or only_shard
    if not shard:
        raise LookupError("the event source mapping needs TumblingWindowInSeconds")
    return str(shard)


def _response(uncounted: str | None) -> dict[str, Any]:
    """Where the next batch begins. A mapping with a window needs a state, which is not used."""
    failures = [] if uncounted is None else [{"itemIdentifier": uncounted}]
    return {"state": {}, "batchItemFailures": failures}

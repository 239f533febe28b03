"""Organisations, keys and the add-on switch. Direct invocation only: who may call this is decided by IAM."""

from typing import Any

from couponflow import observability
from couponflow.bootstrap import Parts
from couponflow.web.operator import actions

parts = Parts()


def handler(event: Any, context: Any) -> dict[str, Any]:
    with observability.invocation("operator", context):
        return actions.answer(parts.operations, event, getattr(context, "aws_request_id", None))

"""Organisations, keys and the add-on switch. Direct invocation only: who may call this is decided by IAM."""

from typing import Any

from couponflow import observability
from couponflow.bootstrap import Services
from couponflow.web.operator import actions

services = Services()


def handler(event: Any, context: Any) -> dict[str, Any]:
    with observability.log_invocation("operator", context):
        return actions.answer(services.organisation_service, event, getattr(context, "aws_request_id", None))

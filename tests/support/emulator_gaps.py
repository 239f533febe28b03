"""What MiniStack 1.5.33 cannot do, and what the deployment rehearsal does instead.

The template is deployed as it is but for these gaps. tests/deployment/test_emulator_gaps.py asks
the emulator for each of them and fails when it has learned one: then that adaptation goes.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]

# Gap 1: CodeDeploy. Aliases take a new version at once, as with TrafficShift=AllAtOnce.
CODEDEPLOY_PROBE: Document = {
    "Resources": {
        "Application": {
            "Type": "AWS::CodeDeploy::Application",
            "Properties": {"ComputePlatform": "Lambda"},
        }
    }
}
# Gap 2: alarms on expressions over several metrics. Without them the stack has no alarms.
ALARM_PROBE: Document = {
    "Resources": {
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "ComparisonOperator": "GreaterThanThreshold",
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "Metrics": [
                    {"Id": "watched", "Expression": "FILL(m0, 0)"},
                    {
                        "Id": "m0",
                        "ReturnData": False,
                        "MetricStat": {
                            "Metric": {"Namespace": "n", "MetricName": "m"},
                            "Period": 60,
                            "Stat": "Sum",
                        },
                    },
                ],
            },
        }
    }
}


class GapClosed(Exception):
    """The emulator has learned what this file works around."""


def without_gaps(template: Document) -> Document:
    """The SAM template without what the emulator refuses (gaps 1, 2), and with gap 4 filled."""
    adapted = copy.deepcopy(template)
    resources = adapted["Resources"]
    for properties in (
        adapted["Globals"]["Function"],
        *(each.get("Properties", {}) for each in resources.values()),
    ):
        properties.pop("DeploymentPreference", None)
    # Gap 4: a window does not name the shard. There is one shard, and it gets a name here.
    resources["EventsFunction"]["Properties"]["Environment"]["Variables"]["ONLY_SHARD"] = "only"
    for name in [name for name, each in resources.items() if _is_expression_alarm(each)]:
        del resources[name]
    return adapted


def create_routes(api: Any, processed: Document, resources: Mapping[str, str]) -> int:
    """Gap 3: the emulator makes the HTTP API but does not read its `Body`, so make its routes;
    return how many.

    `api` is an apigatewayv2 client, `processed` the template after SAM's transformation, and
    `resources` the physical ids by logical id. Routes of an earlier deployment are replaced.
    """
    api_id = resources["HttpApi"]
    for page in api.get_paginator("get_routes").paginate(ApiId=api_id):
        for route in page["Items"]:
            if not route.get("OperationName", "").startswith("rehearsal"):
                raise GapClosed("MiniStack has made routes from Body: remove create_routes")
            api.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    body = processed["Resources"]["HttpApi"]["Properties"]["Body"]
    integrations: dict[str, str] = {}
    count = 0
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            integration = operation["x-amazon-apigateway-integration"]
            alias = re.search(r"functions/\$\{(\w+?)(?:\.Alias)?\}", integration["uri"]["Fn::Sub"])
            assert alias is not None, integration
            if alias[1] not in integrations:
                made = api.create_integration(
                    ApiId=api_id,
                    IntegrationType="AWS_PROXY",
                    IntegrationUri=resources[alias[1]],
                    PayloadFormatVersion=integration["payloadFormatVersion"],
                )
                integrations[alias[1]] = made["IntegrationId"]
            key = "$default" if path == "/$default" else f"{method.upper()} {path}"
            target = f"integrations/{integrations[alias[1]]}"
            api.create_route(ApiId=api_id, RouteKey=key, Target=target, OperationName="rehearsal")
            count += 1
    return count


def _is_expression_alarm(resource: Document) -> bool:
    return resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]

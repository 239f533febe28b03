"""Print template.yaml after SAM's transformation, made offline.

Runs under the SAM tools' own Python: `python transform.py TEMPLATE`, the transformed template on
stdout as JSON.
"""

import json
import sys
from pathlib import Path

from samtranslator.translator.transform import transform  # type: ignore[import-not-found]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-not-found]

# SAM would ask IAM for managed policies; our functions define their own roles.
MANAGED = {
    name: f"arn:aws:iam::aws:policy/service-role/{name}"
    for name in ("AWSLambdaBasicExecutionRole", "AWSCodeDeployRoleForLambda")
}


class ManagedPolicies:
    def load(self):
        return MANAGED


def main(path: Path) -> None:
    document = yaml_parse(path.read_text())
    for name, resource in document["Resources"].items():
        for source in ("CodeUri", "ContentUri"):
            if source in resource.get("Properties", {}):
                resource["Properties"][source] = (
                    f"s3://packaged/{name}-{resource['Properties'][source]}"
                )
    print(json.dumps(transform(document, {}, ManagedPolicies())))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

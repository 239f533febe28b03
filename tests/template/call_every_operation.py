"""Call every operation of an AWS service with the botocore of a built layer.

The server responds to anything. Runs under a Python without our packages:
`python call_every_operation.py LAYER ENDPOINT SERVICE`. Prints the failed operations, one per line.
"""

import sys
from typing import Any

layer, endpoint, service = sys.argv[1:]
sys.path.insert(0, layer)

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402

VALUES = {
    "blob": b"x", "boolean": True, "double": 1.0, "float": 1.0, "integer": 1, "long": 1,
    "string": "x" * 8, "timestamp": 0,
}  # fmt: skip


def value_of(shape, depth=0):
    """A value with the required members and one element in each list and map."""
    if shape.type_name == "structure":
        names = list(shape.required_members)
        if getattr(shape, "is_tagged_union", False):
            names = names or list(shape.members)[:1]
        return (
            {name: value_of(shape.members[name], depth + 1) for name in names} if depth < 8 else {}
        )
    if shape.type_name == "list":
        return (
            [value_of(shape.member, depth + 1)] * max(1, shape.metadata.get("min", 0))
            if depth < 8
            else []
        )
    if shape.type_name == "map":
        return {"key": value_of(shape.value, depth + 1)} if depth < 8 else {}
    if shape.type_name == "string" and getattr(shape, "enum", None):
        return shape.enum[0]
    return VALUES[shape.type_name]


def main():
    settings = Config(
        retries={"total_max_attempts": 1},
        inject_host_prefix=False,
        parameter_validation=False,
        read_timeout=5,
    )
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    make: Any = boto3.client
    client = make(service, endpoint_url=endpoint, region_name="us-east-1", config=settings, **keys)
    model = client.meta.service_model
    for method, operation in sorted(client.meta.method_to_api_mapping.items()):
        shape = model.operation_model(operation).input_shape
        try:
            getattr(client, method)(**(value_of(shape) if shape else {}))
        except client.exceptions.ClientError:
            pass  # parsing an error response uses the models too
        except Exception as error:  # noqa: BLE001 - any error means that the layer lacks something
            print(f"{operation}: {type(error).__name__}: {error}")
    if service == "s3":
        client.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "key"})
        client.generate_presigned_post("bucket", "key")
    print(f"called {len(client.meta.method_to_api_mapping)}", file=sys.stderr)


assert boto3.__file__.startswith(layer), boto3.__file__
main()

"""A stack is created, used, updated, used and deleted: what must be retained is retained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.support import targets
from tests.support.deployment import Deployment, timed
from tests.support.emulator import Emulator


@pytest.fixture(scope="module")
def second_deployment(emulator: Emulator, package: Path) -> Iterator[Deployment]:
    """A stack of this module's own, beside the one that the contract suite uses."""
    made = Deployment(emulator, package, "second")
    with timed("created"):
        made.deploy()
    yield made


def test_stack_is_updated_and_deleted_without_losing_data(
    second_deployment: Deployment, emulator: Emulator
):
    target = targets.of_deployment(second_deployment)
    with target.client() as client:
        api = target.new_organisation(client)
        coupon = api.coupon(max_redemptions=2)
        link = api.redeem_url(coupon, "ann")
        before, versions = dict(second_deployment.resources), alias_versions(second_deployment)

        (second_deployment.package.parent / "RedeemFunction" / "release.txt").write_text(
            "another release"
        )
        with timed("updated"):
            second_deployment.deploy(MaxShards="8")

        kept = ("Table", "ImagesBucket", "HttpApi")
        assert [second_deployment.resources[name] for name in kept] == [
            before[name] for name in kept
        ]
        # SAM hashes properties before it fills in parameters: new code is a new version, a new
        # parameter alone is none.
        changed = {
            name
            for name, version in alias_versions(second_deployment).items()
            if version != versions[name]
        }
        assert changed == {"RedeemFunction"}
        assert api.tap(link).status_code == 200
        assert api.read(coupon)["times_redeemed"] == 1

    table, bucket = (second_deployment.resources[name] for name in ("Table", "ImagesBucket"))
    stored = target.stored()
    with timed("deleted"):
        second_deployment.delete()

    assert target.stored() == stored != []
    assert (
        emulator.client("dynamodb").describe_table(TableName=table)["Table"][
            "DeletionProtectionEnabled"
        ]
        is True
    )
    emulator.client("s3").head_bucket(Bucket=bucket)
    with pytest.raises(ClientError, match="does not exist|ResourceNotFound|not found"):
        emulator.client("lambda").get_function(FunctionName=before["RedeemFunction"])


def alias_versions(deployment: Deployment) -> dict[str, str]:
    """The version that each function's alias points to, by function."""
    client = deployment.emulator.client("lambda")
    functions = [
        name.removesuffix("Aliaslive")
        for name in deployment.resources
        if name.endswith("Aliaslive")
    ]
    return {
        name: client.get_alias(FunctionName=deployment.resources[name], Name="live")[
            "FunctionVersion"
        ]
        for name in functions
    }

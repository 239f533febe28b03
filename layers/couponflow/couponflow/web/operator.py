"""The operator's requests: {"action": …} in, what came of it out; an error is an answer too, never an exception."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, TypeAdapter

from couponflow.domain import times
from couponflow.domain.errors import CouponflowError
from couponflow.domain.models import ApiKey, Organisation
from couponflow.operations import Operations
from couponflow.web.schemas import Name, Schema, parse

OrganisationId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z-]{0,62}$")]
Scope = Literal["admin", "distribute", "redeem"]


class CreateOrganisation(Schema):
    action: Literal["create_organisation"]
    organisation_id: OrganisationId | None = None
    name: Name
    addon_enabled: bool = True

    def run(self, operations: Operations, now: datetime) -> dict[str, Any]:
        return _organisation(operations.create_organisation(self.organisation_id, self.name, addon_enabled=self.addon_enabled))


class SwitchAddon(Schema):
    action: Literal["switch_addon"]
    organisation_id: OrganisationId
    enabled: bool

    def run(self, operations: Operations, now: datetime) -> dict[str, Any]:
        return _organisation(operations.switch_addon(self.organisation_id, enabled=self.enabled))


class CreateKey(Schema):
    action: Literal["create_key"]
    organisation_id: OrganisationId
    scopes: Annotated[list[Scope], Field(min_length=1)]

    def run(self, operations: Operations, now: datetime) -> dict[str, Any]:
        new = operations.create_key(self.organisation_id, frozenset(self.scopes), now)
        return _key(new.key) | {"key": new.written}


class RevokeKey(Schema):
    action: Literal["revoke_key"]
    organisation_id: OrganisationId
    key_id: str

    def run(self, operations: Operations, now: datetime) -> dict[str, Any]:
        return _key(operations.revoke_key(self.organisation_id, self.key_id, now))


_REQUEST: TypeAdapter[CreateOrganisation | SwitchAddon | CreateKey | RevokeKey] = TypeAdapter(
    Annotated[CreateOrganisation | SwitchAddon | CreateKey | RevokeKey, Field(discriminator="action")]
)


def answer(operations: Operations, event: object) -> dict[str, Any]:
    try:
        return parse(_REQUEST, event).run(operations, datetime.now(UTC))
    except CouponflowError as error:
        return {"code": error.code, "detail": str(error), **error.members}


def _organisation(organisation: Organisation) -> dict[str, Any]:
    return {
        "organisation_id": organisation.organisation_id,
        "name": organisation.name,
        "addon_enabled": organisation.addon_enabled,
    }


def _key(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "organisation_id": key.organisation_id,
        "scopes": sorted(key.scopes),
        "created_at": times.text(key.created_at),
        "revoked_at": times.text(key.revoked_at) if key.revoked_at else None,
    }

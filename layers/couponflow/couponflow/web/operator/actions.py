"""The operator function: {"action": …} in, the result out.

An error is a result too, never an exception.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StringConstraints, TypeAdapter

from couponflow import observability
from couponflow.domain import links, times
from couponflow.domain.errors import CouponflowError, InternalError, TryAgain
from couponflow.domain.models import ApiKey, Organisation
from couponflow.services.statistics_repair import Comparison
from couponflow.store.audit_log import AuditEntry
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.web.http.validation import Name, Schema, parse
from couponflow.web.services import Services

HOW_TO_FIND_OUT = (
    "The change may have been made. List keys or organisations before you send the request again."
)
OrganisationId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z-]{0,62}$")]
KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{1,40}$")]
CouponId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{13}$")]
Month = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
Limit = Annotated[int, Field(ge=1, le=1_000)]
Scope = Literal["admin", "distribute", "redeem"]


class Action(Schema):
    """A request of the operator."""

    action: str

    def run(self, services: Services, now: datetime) -> dict[str, Any]:
        """Run the action and return its result."""
        raise NotImplementedError


class CreateOrganisation(Action):
    """Create an organisation; an existing one stays unchanged."""

    action: Literal["create_organisation"]
    organisation_id: OrganisationId | None = None
    name: Name
    addon_enabled: bool = True

    def run(self, services: Services, now: datetime) -> dict[str, Any]:
        """Return the organisation."""
        return _organisation(
            services.organisation_service.create_organisation(
                self.organisation_id, self.name, addon_enabled=self.addon_enabled
            )
        )


class GetOrganisation(Action):
    """Read an organisation."""

    action: Literal["get_organisation"]
    organisation_id: OrganisationId

    def run(self, services: Services, now: datetime) -> dict[str, Any]:
        """Return the organisation. Raises NotFound."""
        return _organisation(services.organisation_service.organisation(self.organisation_id))


class ListOrganisations(Action):
    """List organisations by id."""

    action: Literal["list_organisations"]
    after: OrganisationId | None = None
    limit: Limit = 100

    def run(self, services: Services, now: datetime) -> dict[str, Any]:
        """Return one page of organisations."""
        return {
            "items": list(
                map(
                    _organisation,
                    services.organisation_service.organisations(self.after, self.limit),
                )
            )
        }


class SwitchAddon(Action):
    """Switch the coupon add-on on or off."""

    action: Literal["switch_addon"]
    organisation_id: OrganisationId
    enabled: bool

    def run(self, services: Services, now: datetime) -> dict[str, Any]:
        """Return the organisation. Raises NotFound."""
        return _organisation(
            services.organisation_service.switch_addon(self.organisation_id, enabled=self.enabled)
        )


class CreateKey(Action):
    """Create an API key."""

    action: Literal["create_key"]
    organisation_id: OrganisationId
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]
    name: Annotated[str, StringConstraints(max_length=100)] = ""

    def run(self, services: Services, now: datetime) -> dict[str, Any]:
        """Return the key with its secret, the only time. Raises NotFound."""
        new = services.organisation_service.create_key(
            self.organisation_id, frozenset(self.scopes), self.name, now
        )
        return _key(new.key) | {"key": new.written}


class ListKeys(Action):
    """List the keys of an organisation."""

    action: Literal["list_keys"]
    organisation_id: OrganisationId

    def run(self, services: Services, now: datetime) -> dict[str, Any]:
        """Return the keys without secrets. Raises NotFound."""
        return {"items": list(map(_key, services.organisation_service.keys(self.organisation_id)))}


class RevokeKey(Action):
    """Revoke a key permanently."""

    action: Literal["revoke_key"]
    organisation_id: OrganisationId
    key_id: KeyId

    def run(self, services: Services, now: datetime) -> dict[str, Any]:
        """Return the key. Raises NotFound."""
        return _key(
            services.organisation_service.revoke_key(self.organisation_id, self.key_id, now)
        )


class RotateLinks(Action):
    """Replace the link secrets of a coupon, or of all coupons of an organisation.

    Secrets that are newer than `older_than` stay, so that a repetition with it changes nothing.
    """

    action: Literal["rotate_links"]
    organisation_id: OrganisationId
    coupon_id: CouponId | None = None
    older_than: Annotated[AwareDatetime, Field(strict=False)] | None = None
    cursor: Annotated[str, StringConstraints(max_length=100)] | None = None

    def run(self, services: Services, now: datetime) -> dict[str, Any]:
        """Return the number of coupons, and where to go on. Raises NotFound, CouponNotFound."""
        # In milliseconds, as times are stored: else a new secret would seem older than this.
        older_than = times.parse_utc(times.format_utc(min(self.older_than or now, now)))
        done, cursor = services.organisation_service.rotate_links(
            self.organisation_id, self.coupon_id, older_than, self.cursor, now
        )
        return {
            "organisation_id": self.organisation_id,
            "coupons": done,
            "older_than": times.format_utc(older_than),
            "next_cursor": cursor,
        }


class ListUses(Action):
    """List the audit log of a month, by default the current one."""

    action: Literal["list_uses"]
    month: Month | None = None
    limit: Limit = 100

    def run(self, services: Services, now: datetime) -> dict[str, Any]:
        """Return the newest entries."""
        return {
            "items": list(
                map(
                    _use,
                    services.organisation_service.audit_entries(
                        self.month or times.format_utc(now)[:7], self.limit
                    ),
                )
            )
        }


class RepairStatistics(Action):
    """Compare a coupon's statistics with its records; with `apply`, count them again."""

    action: Literal["repair_statistics"]
    organisation_id: OrganisationId
    coupon_id: CouponId
    apply: bool = False

    def run(self, services: Services, now: datetime) -> dict[str, Any]:
        """Return the differences. Raises CouponNotFound, CouponArchived, TryAgain."""
        return _comparison(
            services.statistics_repair.run(
                self.organisation_id, self.coupon_id, now, apply=self.apply
            )
        )


Request = (
    CreateOrganisation
    | GetOrganisation
    | ListOrganisations
    | SwitchAddon
    | CreateKey
    | ListKeys
    | RevokeKey
    | RotateLinks
    | ListUses
    | RepairStatistics
)
_REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="action")])


def build_handler(services: Services) -> Callable[[Any, Any], dict[str, Any]]:
    """The Lambda handler of the operator function."""

    def handler(event: Any, context: Any) -> dict[str, Any]:
        with observability.log_invocation("operator", context):
            services.request.start(context)
            return answer(services, event, getattr(context, "aws_request_id", None))

    return handler


def answer(services: Services, event: object, request_id: str | None = None) -> dict[str, Any]:
    """Run one action.

    `request_id` is Lambda's: it leads from the audit log to the caller in CloudTrail.
    """
    try:
        request, now = parse(_REQUEST, event), datetime.now(UTC)
        entry = AuditEntry(
            entry_id=links.new_id(),
            at=now,
            action=request.action,
            organisation_id=getattr(request, "organisation_id", None),
            key_id=getattr(request, "key_id", None),
            request_id=request_id,
        )
        return services.organisation_service.audited(entry, lambda: request.run(services, now))
    except (TryAgain, ContentionError, UnknownResultError):
        return _refused(services.request.undecided_error(HOW_TO_FIND_OUT))
    except CouponflowError as error:
        return _refused(error)
    except Exception:
        observability.log_exception("operator")
        return _refused(InternalError())


def _refused(error: CouponflowError) -> dict[str, Any]:
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
        "name": key.name,
        "scopes": sorted(key.scopes),
        "created_at": times.format_utc(key.created_at),
        "revoked_at": times.format_utc(key.revoked_at) if key.revoked_at else None,
        "last_used_at": times.format_utc(key.last_used_at) if key.last_used_at else None,
    }


def _use(entry: AuditEntry) -> dict[str, Any]:
    return {
        "at": times.format_utc(entry.at),
        "action": entry.action,
        "organisation_id": entry.organisation_id,
        "key_id": entry.key_id,
        "request_id": entry.request_id,
        "outcome": entry.outcome,
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "is_repaired": found.is_repaired,
        "redeemed": found.redeemed,
        "quota_used": found.quota_used,
        "differences": [
            {
                "place": each.place,
                "kind": each.kind,
                "records": each.records,
                "statistics": each.statistics,
            }
            for each in found.differences
        ],
    }

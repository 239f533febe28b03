"""Operator use cases: create organisations, switch their add-on, create and revoke their keys."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from couponflow.domain import api_keys, links
from couponflow.domain.errors import CouponflowError
from couponflow.domain.models import ApiKey, Organisation
from couponflow.services.coupons import CouponService
from couponflow.store.api_keys import ApiKeyStore
from couponflow.store.audit_log import AuditEntry, AuditLogStore
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.organisations import OrganisationStore

DONE = "done"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret. It is shown once: only a hash of the secret is stored."""

    key: ApiKey
    written: str


class OrganisationService:
    """Organisations and their keys, for the operator only."""

    def __init__(
        self,
        organisations: OrganisationStore,
        api_key_store: ApiKeyStore,
        journal: AuditLogStore,
        coupons: CouponService,
    ) -> None:
        self._organisations, self._keys, self._journal = organisations, api_key_store, journal
        self._coupons = coupons

    def audited(self, entry: AuditEntry, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Run `do` between two writes of the audit log: the request before, its outcome after.

        If the request cannot be recorded, it does not run.
        """
        self._journal.save(entry)
        try:
            done = do()
        except CouponflowError as refused:
            self._end(replace(entry, outcome=refused.code))
            raise
        made = {name: done[name] for name in ("organisation_id", "key_id") if name in done}
        self._end(replace(entry, outcome=DONE, **made))
        return done

    def audit_entries(self, month: str, at_most: int) -> list[AuditEntry]:
        """Return the audit log of a month, such as 2026-11, newest first."""
        return self._journal.list_newest(month, at_most)

    def create_organisation(
        self, organisation_id: str | None, name: str, *, addon_enabled: bool
    ) -> Organisation:
        """Create the organisation.

        Without an id it gets a new one; an existing one stays unchanged.
        """
        organisation = Organisation(organisation_id or links.new_id(), name, addon_enabled)
        is_new = self._organisations.create(organisation)
        return organisation if is_new else self._organisations.get(organisation.organisation_id)

    def organisation(self, organisation_id: str) -> Organisation:
        """Raises NotFound."""
        return self._organisations.get(organisation_id)

    def organisations(self, after: str | None, at_most: int) -> list[Organisation]:
        """Return organisations in order of their ids, after the id `after`."""
        return self._organisations.list_page(after, at_most)

    def switch_addon(self, organisation_id: str, *, enabled: bool) -> Organisation:
        """Switch the add-on.

        Flows, pages and the API follow within two seconds. Raises NotFound.
        """
        return self._organisations.switch_addon(organisation_id, enabled=enabled)

    def create_key(
        self, organisation_id: str, scopes: frozenset[str], name: str, now: datetime
    ) -> NewKey:
        """Create a key. Raises NotFound.

        To replace a key, create the next one, wait until the old one is no longer used, revoke it.
        """
        self._organisations.get(organisation_id)
        secret = links.new_secret()
        key = ApiKey(
            links.new_id(),
            organisation_id,
            api_keys.hash_secret(secret),
            scopes,
            created_at=now,
            name=name,
        )
        self._keys.save(key)
        return NewKey(key, api_keys.format_key(key.key_id, secret))

    def keys(self, organisation_id: str) -> list[ApiKey]:
        """Return the newest 1,000 keys, oldest first, revoked ones too. Raises NotFound."""
        self._organisations.get(organisation_id)
        return self._keys.list_newest(organisation_id)

    def revoke_key(self, organisation_id: str, key_id: str, now: datetime) -> ApiKey:
        """Revoke the key. Every function refuses it within ten seconds. Raises NotFound."""
        return self._keys.revoke(organisation_id, key_id, now)

    def rotate_links(
        self,
        organisation_id: str,
        coupon_id: str | None,
        older_than: datetime,
        after: str | None,
        now: datetime,
    ) -> tuple[int, str | None]:
        """Replace link secrets from before `older_than`, of one coupon or of all.

        Returns the number of coupons, and where the next call goes on.

        Raises:
            NotFound, CouponNotFound: no such organisation, or coupon of it.
        """
        self._organisations.get(organisation_id)
        if coupon_id is None:
            return self._coupons.rotate_all_links(organisation_id, older_than, after, now)
        self._coupons.rotate_links(organisation_id, coupon_id, older_than, now)
        return 1, None

    def _end(self, entry: AuditEntry) -> None:
        with suppress(
            ContentionError, UnknownResultError
        ):  # It has run. An entry without an outcome shows that its end is unknown.
            self._journal.save(entry)

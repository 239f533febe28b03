"""What the platform does for its organisations: create them, switch the add-on, give out keys and take them back."""

from dataclasses import dataclass
from datetime import datetime

from couponflow.domain import credentials, links
from couponflow.domain.models import ApiKey, Organisation
from couponflow.store.organisations import OrganisationStore


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as its owner keeps it: seen this once, of the secret only a hash is kept."""

    key: ApiKey
    written: str


class Operations:
    def __init__(self, organisations: OrganisationStore) -> None:
        self._organisations = organisations

    def create_organisation(self, organisation_id: str | None, name: str, *, addon_enabled: bool) -> Organisation:
        """An organisation of that id, a new id where none is given; one that exists stays as it is."""
        organisation = Organisation(organisation_id or links.new_id(), name, addon_enabled)
        is_new = self._organisations.create(organisation)
        return organisation if is_new else self._organisations.get(organisation.organisation_id)

    def switch_addon(self, organisation_id: str, *, enabled: bool) -> Organisation:
        """Within two seconds flows, pages and the API follow. Raises NotFound."""
        return self._organisations.switch_addon(organisation_id, enabled=enabled)

    def create_key(self, organisation_id: str, scopes: frozenset[str], now: datetime) -> NewKey:
        """Raises NotFound."""
        self._organisations.get(organisation_id)
        secret = links.new_secret()
        key = ApiKey(links.new_id(), organisation_id, credentials.hash_of(secret), scopes, created_at=now)
        self._organisations.save_key(key)
        return NewKey(key, credentials.written(key.key_id, secret))

    def revoke_key(self, organisation_id: str, key_id: str, now: datetime) -> ApiKey:
        """Refused everywhere within ten seconds. Raises NotFound."""
        return self._organisations.revoke_key(organisation_id, key_id, now)

"""Organisations: the tenants, each with its add-on switch."""

from couponflow.domain.errors import NotFound
from couponflow.domain.models import Organisation
from couponflow.store import keys
from couponflow.store.dynamodb import ConditionFailedError, Item, Table, put, update


class OrganisationStore:
    """Organisations, listed by id."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, organisation: Organisation) -> bool:
        """Create the organisation and return True; an existing one stays unchanged."""
        item = {
            "organisation_id": organisation.organisation_id,
            "name": organisation.name,
            "addon_enabled": organisation.addon_enabled,
            "gpk": keys.organisations(),
            "gsk": organisation.organisation_id,
        }
        try:
            self._table.put(
                put(
                    keys.organisation(organisation.organisation_id) | item,
                    "attribute_not_exists(pk)",
                )
            )
        except ConditionFailedError:
            return False
        return True

    def get(self, organisation_id: str, *, consistent: bool = False) -> Organisation:
        """Raises NotFound."""
        # An eventually consistent read may miss a new organisation, so a miss is read again
        # strongly.
        for strongly in dict.fromkeys((consistent, True)):
            if item := self._table.get(keys.organisation(organisation_id), consistent=strongly):
                return _organisation(item)
        raise NotFound

    def list_page(self, after: str | None, at_most: int) -> list[Organisation]:
        """Return organisations in order of their ids, after the id `after`."""
        condition, values = "gpk = :gpk", {":gpk": keys.organisations()}
        if after is not None:
            condition, values = f"{condition} AND gsk > :after", values | {":after": after}
        return list(
            map(
                _organisation,
                self._table.query(condition, values, index=keys.INDEX, at_most=at_most),
            )
        )

    def switch_addon(self, organisation_id: str, *, enabled: bool) -> Organisation:
        """Raises NotFound."""
        switch = update(
            keys.organisation(organisation_id),
            "SET addon_enabled = :enabled",
            {":enabled": enabled},
            "attribute_exists(pk)",
        )
        try:
            return _organisation(self._table.update(switch))
        except ConditionFailedError as missing:
            raise NotFound from missing


def _organisation(item: Item) -> Organisation:
    return Organisation(item["organisation_id"], item["name"], item["addon_enabled"])

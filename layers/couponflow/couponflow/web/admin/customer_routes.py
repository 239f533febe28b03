"""/v1/customers and /v1/journal: erase a customer, and read who was erased when, without names."""

from couponflow.domain import times
from couponflow.services.erasure import ErasurePlace
from couponflow.web.admin.customer_schemas import ErasureIn, JournalListing
from couponflow.web.admin.response_models import ErasureOut, JournalEntryOut, Page
from couponflow.web.http import cursors, validation
from couponflow.web.http.app import HttpApp
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.services import Services

# Sorts after every entry of a month.
_LAST = "9999"


def add_routes(app: HttpApp, services: Services) -> None:
    """Register the routes that concern customers' personal data."""
    erasures, journal = services.erasure_service, services.journal_store

    @app.route("POST /v1/customers/erase")
    def erase_customer(request: Request) -> Response:
        body = validation.parse(ErasureIn, request.json)
        place = ErasurePlace(*cursors.decode(body.cursor, parts=2)) if body.cursor else None
        assert request.key is not None, "a route with a scope has a key"
        done = erasures.erase(
            request.organisation_id, body.customer_id, request.key.key_id, request.now, place
        )
        more = done.next_place
        cursor = cursors.encode(more.coupon, more.slot) if more else None
        return ErasureOut(erased_records=done.erased_records, next_cursor=cursor).response()

    @app.route("GET /v1/journal")
    def list_journal(request: Request) -> Response:
        query = validation.parse(JournalListing, validation.non_empty(request.query), lax=True)
        month = query.month or times.format_utc(request.now)[:7]
        before = cursors.decode(query.cursor, parts=1)[0] if query.cursor else _LAST
        found = journal.list_newest(request.organisation_id, month, before, query.limit)
        more = cursors.encode(found[-1].place) if len(found) == query.limit else None
        items = list(map(JournalEntryOut.model_validate, found))
        return Page[JournalEntryOut](items=items, next_cursor=more).response()

"""HttpApp: look up the route, authenticate, limit, call the handler, and map errors to problems."""

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from couponflow import observability
from couponflow.domain.errors import (
    CouponflowError,
    CouponNotFound,
    InternalError,
    NotFound,
    OutcomeUnknown,
    TooManyRequests,
    TryAgain,
    Unauthenticated,
    UseOutOfOrder,
)
from couponflow.domain.models import ApiKey
from couponflow.store.dynamodb import ContentionError, UnknownResultError
from couponflow.store.request_state import RequestState
from couponflow.web.http import (
    compression,
    origin,
    problems,
    rate_limits,
    readers,
    routes,
    unknown_outcomes,
)
from couponflow.web.http.authentication import Authenticator
from couponflow.web.http.rate_limits import RateLimiter
from couponflow.web.http.request import Request
from couponflow.web.http.responses import Response
from couponflow.web.http.routes import DEFAULT, ROUTES

Handler = Callable[[Request], Response]
# Arguments: the problem response, the link's token or None, the request's headers, whether a use
# may be counted.
ErrorPage = Callable[[Response, str | None, Mapping[str, str], bool], Response]


@dataclass(frozen=True)
class Route:
    """A registered handler. `uses_link`: its calls count towards the limit by link."""

    handle: Handler
    scope: str | None
    uses_link: bool


class HttpApp:
    """The routes of one function, by API Gateway's route key, such as "GET /r/{token}";
    template.yaml has the same ones.
    """

    def __init__(
        self,
        gatekeeper: Authenticator,
        public_base_url: str = "",
        problem: Callable[[CouponflowError], Response] = problems.problem_response,
        limits: RateLimiter | None = None,
        page: ErrorPage | None = None,
        origin_secret: str = "",
        scopes: Mapping[str, str | None] = ROUTES,
        request: RequestState | None = None,
        is_own_link: Callable[[str], bool] = lambda path: False,
    ) -> None:
        """`page` renders errors for people, who cannot read a problem in JSON.

        `request` is the table's too. `is_own_link`: whether a path has a link of this service,
        which no failures of its address refuse.
        """
        self._is_own_link = is_own_link
        self._request_state = request or RequestState()
        self._gatekeeper, self._public_base_url = gatekeeper, public_base_url
        self._problem, self._page, self._origin_secret = problem, page, origin_secret
        self._limits = limits or RateLimiter(None)
        self._scopes = scopes
        self.routes: dict[str, Route] = {}

    def route(self, key: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of a route.

        Its scope is the one in http/routes.py; a route missing there is a KeyError.
        """
        scope = None if key == DEFAULT else self._scopes[key]

        def register(handle: Handler) -> Handler:
            self.routes[key] = Route(handle, scope, uses_link=key.startswith("POST /r/{token}"))
            return handle

        return register

    def handler(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """The Lambda function: an event of payload format 2.0 in, its response out."""
        started = time.perf_counter()
        event = _head_as_get(event)
        route_key = event["routeKey"]
        event = event | {"headers": origin.lower_names(event.get("headers"))}
        event = origin.trust_cdn_headers(event, self._origin_secret)
        observability.start_request(event["requestContext"].get("requestId", ""))
        self._request_state.start(context)
        try:
            route = self.routes.get(route_key)
            if route is None:
                raise NotFound
            response = self._answer(event, route)
        except (TryAgain, ContentionError, UnknownResultError) as error:
            how, members = (
                unknown_outcomes.describe(route_key, event.get("headers") or {}),
                getattr(error, "members", {}),
            )
            response = self._refused(self._request_state.undecided_error(how, **members), event)
        except CouponflowError as error:
            response = self._refused(error, event)
        except Exception:
            observability.log_exception(route_key)
            response = self._refused(InternalError(), event)
        observability.log_response(route_key, response.status, time.perf_counter() - started)
        accepted = event["headers"].get("accept-encoding", "")
        return compression.compress(response, accepted).to_lambda()

    def _refused(self, error: CouponflowError, event: dict[str, Any]) -> Response:
        observability.set_refusal(error.code)
        problem = self._problem(error)
        if self._page is None or not readers.is_person(event, problem.status):
            return problem
        token = (event.get("pathParameters") or {}).get("token")
        is_redeem = bool(token) and event["routeKey"].startswith("POST")
        may_be_redeemed = is_redeem and isinstance(error, OutcomeUnknown | InternalError)
        return self._page(problem, token, event["headers"], may_be_redeemed)

    def _answer(self, event: dict[str, Any], route: Route) -> Response:
        headers, http = event.get("headers") or {}, event["requestContext"]["http"]
        address = rate_limits.address_of(http)
        if route.scope is None:
            return self._answer_anybody(event, route, address)
        try:
            key = self._gatekeeper.authenticate(headers.get("authorization", ""), route.scope)
        except Unauthenticated:
            self._limits.check(rate_limits.FAILURES_BY_ADDRESS, address)
            self._limits.count(rate_limits.FAILURES_BY_ADDRESS, address)
            raise
        self._limits.check(rate_limits.BY_KEY, key.key_id)
        self._limits.count(rate_limits.BY_KEY, key.key_id)
        return route.handle(self._request(event, key))

    def _answer_anybody(self, event: dict[str, Any], route: Route, address: str) -> Response:
        try:
            self._limits.check(rate_limits.FAILURES_BY_ADDRESS, address)
        except TooManyRequests:
            if not self._is_own_link(event["rawPath"]):
                raise
        request = self._request(event, None)
        link = rate_limits.link_in(request.params) if route.uses_link else None
        if link:
            self._limits.check(rate_limits.BY_LINK, link)
        try:
            response = route.handle(request)
        except (NotFound, CouponNotFound):
            self._count_miss(event, address)
            raise
        except UseOutOfOrder:
            if link:
                self._limits.count(rate_limits.BY_LINK, link)
            raise
        if response.status == 404 or response.is_failed_guess:
            self._count_miss(event, address)
        elif link:
            self._limits.count(rate_limits.BY_LINK, link)  # now that it is known to be one of ours
        return response

    def _count_miss(self, event: dict[str, Any], address: str) -> None:
        """Count a guess. The link of an archived coupon is none."""
        if not self._is_own_link(event["rawPath"]):
            self._limits.count(rate_limits.FAILURES_BY_ADDRESS, address)

    def _request(self, event: dict[str, Any], key: ApiKey | None) -> Request:
        headers: dict[str, str] = event.get("headers") or {}
        http = event["requestContext"]
        body = event.get("body") or ""
        return Request(
            path=event["rawPath"],
            params=event.get("pathParameters") or {},
            raw_query=event.get("rawQueryString")
            or urlencode(event.get("queryStringParameters") or {}),
            headers=headers,
            cookies=event.get("cookies") or origin.cookies_in(headers),
            body=base64.b64decode(body)
            if event.get("isBase64Encoded")
            else body.encode(errors="surrogatepass"),
            base_url=self._public_base_url or f"https://{http['domainName']}",
            source_ip=http["http"]["sourceIp"],
            key=key,
            method=http["http"].get("method", "GET"),
        )


def _head_as_get(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event of the GET that a HEAD without a route of its own is answered like."""
    is_head = event["requestContext"]["http"].get("method") == "HEAD"
    found = routes.find_get(event["rawPath"]) if is_head and event["routeKey"] == DEFAULT else None
    if found is None:
        return event
    route_key, parameters = found
    return event | {"routeKey": route_key, "pathParameters": parameters}

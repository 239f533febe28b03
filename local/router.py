"""Select the route of an HTTP API for a request."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from local.sam_template import Route

STATIC, PARAMETER, GREEDY = range(3)


class Router:
    """Prefers a full match to a greedy one, a greedy one to `$default`, a static segment to a
    parameter.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(routes, key=_precedence)

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and its decoded path parameters for a raw `path`."""
        for route in self._routes:
            if route.method in (method, "ANY"):
                parameters = _parameters(route.path, path)
                if parameters is not None:
                    return route, parameters
        return None


def _precedence(route: Route) -> tuple[int, list[int], bool]:
    kinds = [_kind(segment) for segment in route.path.split("/")]
    rank = 2 if route.path == "$default" else int(GREEDY in kinds)
    return rank, kinds, route.method == "ANY"


def _parameters(pattern: str, path: str) -> dict[str, str] | None:
    if pattern == "$default":
        return {}
    wanted, given = pattern.split("/"), path.split("/")
    parameters = {}
    for position, segment in enumerate(wanted):
        if _kind(segment) == GREEDY and given[position:] not in ([], [""]):
            parameters[segment[1:-2]] = unquote("/".join(given[position:]))
            return parameters
        if position >= len(given):
            return None
        if _kind(segment) == PARAMETER and given[position]:
            parameters[segment[1:-1]] = unquote(given[position])
        elif segment != unquote(given[position]):
            return None
    return parameters if len(wanted) == len(given) else None


def _kind(segment: str) -> int:
    if segment.startswith("{") and segment.endswith("+}"):
        return GREEDY
    return PARAMETER if segment.startswith("{") and segment.endswith("}") else STATIC

"""Route selection: the example of the AWS documentation, and cases that it omits."""

import pytest

from local.router import Router
from local.sam_template import Route

ROUTES = [
    Route("ANY", "$default", "Default"),
    Route("ANY", "/{proxy+}", "Anything"),
    Route("GET", "/pets/{proxy+}", "Pets"),
    Route("GET", "/pets/dog/{id}", "Dog"),
    Route("GET", "/pets/dog/1", "FirstDog"),
    Route("ANY", "/pets/dog/{id}/toys", "AnyToys"),
    Route("POST", "/pets/dog/{id}/toys", "MakeToy"),
]


@pytest.mark.parametrize(
    ("method", "path", "function"),
    [
        ("GET", "/pets/dog/1", "FirstDog"),
        ("GET", "/pets/dog/2", "Dog"),
        ("GET", "/pets/cat/1", "Pets"),
        ("POST", "/test/5", "Anything"),
        ("POST", "/pets/dog/1", "Anything"),
        ("POST", "/pets/dog/1/toys", "MakeToy"),
        ("PUT", "/pets/dog/1/toys", "AnyToys"),
        ("GET", "/pets/dog/", "Pets"),
        ("GET", "/", "Default"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_most_specific_route_wins_in_any_order(order, method, path, function):
    match = Router(ROUTES[::order]).match(method, path)
    assert match is not None
    assert match[0].function == function


def test_path_parameters_are_decoded_after_splitting():
    match = Router(ROUTES).match("GET", "/pets/dog/a%2Fb%20c")
    assert match is not None
    assert match[1] == {"id": "a/b c"}


def test_greedy_parameter_has_the_rest_of_the_path():
    match = Router(ROUTES).match("GET", "/pets/cat/1/toys")
    assert match is not None
    assert match[1] == {"proxy": "cat/1/toys"}


def test_path_without_a_matching_or_default_route_has_none():
    assert Router(ROUTES[3:]).match("GET", "/pets/cat") is None

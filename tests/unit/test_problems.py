"""Every error has its code, a sentence, a status and the one shape."""

import json
import re
from typing import Any

import pytest

from couponflow.domain import errors
from couponflow.domain.errors import CouponflowError, Refusal
from couponflow.web.http import responses

CONTRACT = {
    400: "invalid_json invalid_cursor",
    401: "unauthenticated",
    403: "scope_missing addon_disabled foreign_origin",
    404: "not_found coupon_not_found",
    405: "method_not_allowed",
    409: "code_taken limit_below_used coupon_archived redeem_not_offered coupon_not_started coupon_expired coupon_disabled "
    "coupon_max_uses_reached customer_max_uses_reached",
    412: "version_conflict",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "validation_failed",
    428: "version_required",
    429: "too_many_requests",
    500: "internal_error",
    503: "try_again",
}


def family(error: type[CouponflowError] = CouponflowError) -> list[type[CouponflowError]]:
    """Every error that can be answered."""
    here = [error] if "code" in vars(error) else []
    return here + [each for kind in error.__subclasses__() for each in family(kind)]


def made(kind: Any) -> CouponflowError:
    return kind(["GET"]) if kind is errors.MethodNotAllowed else kind()


@pytest.mark.parametrize("kind", family())
def test_an_error_is_a_problem_with_a_status_and_a_sentence(kind):
    response = responses.problem_response(made(kind))
    body = json.loads(str(response.body))
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status == body["status"] >= 400
    assert body["code"] == kind.code
    assert re.fullmatch(r"[A-Z].*\.", body["detail"])
    assert body["title"]
    assert body["type"].endswith(kind.code)


def test_the_contracts_codes_have_the_contracts_statuses():
    ours = {kind.code: responses.STATUS[kind] for kind in family()}
    contracts = {code: status for status, codes in CONTRACT.items() for code in codes.split()}
    assert {code: status for code, status in ours.items() if code in contracts} == contracts


def test_no_two_errors_share_a_code_or_a_sentence():
    kinds = family()
    assert len({kind.code for kind in kinds}) == len({kind.sentence for kind in kinds}) == len(kinds)


@pytest.mark.parametrize("kind", [errors.TooManyRequests, errors.TryAgain])
def test_who_may_come_again_is_told_when(kind):
    assert int(responses.problem_response(made(kind)).headers["retry-after"]) > 0


def test_a_wrong_method_is_told_the_right_ones_and_a_missing_key_how_to_show_it():
    assert responses.problem_response(errors.MethodNotAllowed(["GET", "HEAD"])).headers["allow"] == "GET, HEAD"
    assert responses.problem_response(errors.Unauthenticated()).headers["www-authenticate"] == "Bearer"


def test_every_refusal_has_a_sentence_that_names_no_inner_thing():
    for kind in family(Refusal):
        assert not re.search(r"shard|quota|gate|condition|dynamo", kind.sentence, re.IGNORECASE)

"""Every error has a code, a sentence, a status and the problem format."""

import json
import re
from typing import Any

import pytest

from couponflow.domain import errors
from couponflow.domain.errors import CouponflowError, Refusal
from couponflow.web.http import problems

CONTRACT = {
    400: "invalid_json invalid_cursor",
    401: "unauthenticated",
    403: "scope_missing addon_disabled foreign_origin",
    404: "not_found coupon_not_found",
    405: "method_not_allowed",
    409: "code_taken limit_below_used coupon_archived redeem_not_offered coupon_not_started "
    "coupon_expired coupon_disabled "
    "coupon_max_uses_reached customer_max_uses_reached",
    412: "version_conflict",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "validation_failed",
    428: "version_required",
    429: "too_many_requests",
    500: "internal_error",
    503: "try_again outcome_unknown",
}


def family(error: type[CouponflowError] = CouponflowError) -> list[type[CouponflowError]]:
    """Every error class that can become a response."""
    here = [error] if "code" in vars(error) else []
    return here + [each for kind in error.__subclasses__() for each in family(kind)]


def made(kind: Any) -> CouponflowError:
    return kind(["GET"]) if kind is errors.MethodNotAllowed else kind()


@pytest.mark.parametrize("kind", family())
def test_error_is_a_problem_with_a_status_and_a_sentence(kind):
    response = problems.problem_response(made(kind))
    body = json.loads(str(response.body))
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status == body["status"] >= 400
    assert body["code"] == kind.code
    assert re.fullmatch(r"[A-Z].*\.", body["detail"])
    assert body["title"]
    assert body["type"].endswith(kind.code)


def test_contract_codes_have_the_contract_statuses():
    ours = {kind.code: problems.STATUS[kind] for kind in family()}
    contracts = {code: status for status, codes in CONTRACT.items() for code in codes.split()}
    assert {code: status for code, status in ours.items() if code in contracts} == contracts


def test_error_codes_and_sentences_are_unique():
    kinds = family()
    assert (
        len({kind.code for kind in kinds}) == len({kind.sentence for kind in kinds}) == len(kinds)
    )


@pytest.mark.parametrize("kind", [errors.TooManyRequests, errors.TryAgain, errors.OutcomeUnknown])
def test_retryable_error_has_a_retry_after_header(kind):
    assert int(problems.problem_response(made(kind)).headers["retry-after"]) > 0


def test_problem_has_the_allow_or_www_authenticate_header():
    assert (
        problems.problem_response(errors.MethodNotAllowed(["GET", "HEAD"])).headers["allow"]
        == "GET, HEAD"
    )
    assert (
        problems.problem_response(errors.Unauthenticated()).headers["www-authenticate"] == "Bearer"
    )


def test_refusal_sentence_names_no_internal_term():
    for kind in family(Refusal):
        assert not re.search(r"shard|quota|gate|condition|dynamo", kind.sentence, re.IGNORECASE)

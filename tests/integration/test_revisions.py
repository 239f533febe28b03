"""Two authors on one redeem page or flow block: no save undoes one that its author did not see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from couponflow.store import keys, revisions
from tests.integration.conftest import Stored
from tests.integration.test_repeated_changes import BreakOff
from tests.integration.test_repeated_changes import break_off as break_off
from tests.support.api import Api

MADE_UP = '"' + "0" * 32 + '.0000000000000"'


@dataclass(frozen=True)
class Document:
    """A redeem page or a flow block: `text` is the field that authors change."""

    api: Api
    path: str
    body: dict[str, Any]
    text: str
    coupon: dict[str, Any]

    def read(self) -> httpx.Response:
        answer = self.api.call("GET", self.path)
        assert answer.status_code == 200, answer.text
        return answer

    def save(self, text: str, if_match: str | None = None, **more: Any) -> httpx.Response:
        headers = {} if if_match is None else {"if-match": if_match}
        body = self.body | {self.text: text} | more
        return self.api.call("PUT", self.path, body, **headers)

    @property
    def etag(self) -> str:
        return self.read().headers["etag"]


def redeem_page(api: Api) -> Document:
    coupon = api.coupon()
    path = f"/v1/coupons/{coupon['coupon_id']}/redeem-page"
    return Document(api, path, {}, "terms", coupon)


def flow_block(api: Api) -> Document:
    coupon = api.coupon()
    body = {"coupon_id": coupon["coupon_id"]}
    created = api.call("POST", "/v1/flow/blocks", body)
    assert created.status_code == 201
    document = Document(
        api, f"/v1/flow/blocks/{created.json()['block_id']}", body, "message", coupon
    )
    assert created.headers["etag"] == document.etag
    return document


KINDS: dict[str, Callable[[Api], Document]] = {"page": redeem_page, "block": flow_block}


@pytest.fixture(params=KINDS)
def document(request: pytest.FixtureRequest, api: Api) -> Document:
    return KINDS[request.param](api)


def is_conflict(answer: httpx.Response) -> bool:
    is_it = (answer.status_code, answer.json().get("code")) == (412, "version_conflict")
    assert is_it or answer.status_code == 200, answer.text
    return is_it


def test_every_save_has_an_etag_of_its_own(document: Document):
    first = document.etag
    saved = document.save("One")
    assert saved.headers["etag"] == document.etag != first
    assert document.etag == document.etag
    again = document.save("One")
    assert again.headers["etag"] == document.etag not in (first, saved.headers["etag"])
    assert saved.headers["etag"].startswith('"') and saved.headers["etag"].endswith('"')


def test_save_of_an_outdated_document_is_refused(document: Document, stored: Stored):
    seen = document.etag
    assert not is_conflict(document.save("Ann's", seen))
    before = stored()
    assert is_conflict(document.save("Bob's", seen))
    assert stored() == before
    assert document.read().json()[document.text] == "Ann's"
    assert not is_conflict(document.save("Bob's, merged", document.etag))


def test_control_without_if_match_the_later_save_wins(document: Document):
    for name in ("Ann's", "Bob's"):
        assert not is_conflict(document.save(name))
    assert document.read().json()[document.text] == "Bob's"


def test_control_without_the_condition_the_earlier_save_is_undone(
    document: Document, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(revisions, "is_seen", lambda seen: ("attribute_exists(pk)", {}))
    seen = document.save("first").headers["etag"]
    assert not is_conflict(document.save("Ann's", seen))
    assert not is_conflict(document.save("Bob's", seen))


@pytest.mark.parametrize(
    ("if_match", "is_refused"),
    [
        ("ETAG", False),
        ("W/ETAG", False),
        (f"{MADE_UP}, ETAG", False),
        (f"  {MADE_UP} ,W/ETAG ", False),
        ("BARE", False),
        ("*", False),
        ("", False),
        ("  ", False),
        (MADE_UP, True),
        ('"0"', True),
        ('"1"', True),
        ("0", True),
        ('""', True),
        (",", True),
        ("x" * 5_000, True),
        ('"' + "é" * 9 + '"', True),
        (", ".join(f'"{number}"' for number in range(500)), True),
    ],
)
def test_if_match_is_read_as_http_defines_it(document: Document, if_match: str, is_refused: bool):
    etag = document.save("first").headers["etag"]
    header = if_match.replace("ETAG", etag).replace("BARE", etag.strip('"'))
    body = document.body | {document.text: "second"}
    headers = httpx.Headers(document.api.bearer() | {"if-match": header}, encoding="utf-8")
    answer = document.api.client.put(document.path, json=body, headers=headers)
    assert is_conflict(answer) == is_refused
    assert document.read().json()[document.text] == ("first" if is_refused else "second")


def test_repeated_save_is_answered_like_the_first(document: Document, stored: Stored):
    seen = document.etag
    first = document.save("Mine", seen)
    before = stored()
    again = document.save("Mine", seen)
    assert (again.status_code, again.json(), again.headers["etag"]) == (
        200,
        first.json(),
        first.headers["etag"],
    )
    assert stored() == before
    assert is_conflict(document.save("Mine, otherwise", seen)), "another save is no repetition"


def test_repetition_after_another_save_is_a_conflict(document: Document):
    seen = document.etag
    first = document.save("Mine", seen)
    assert not is_conflict(document.save("Theirs", first.headers["etag"]))
    assert is_conflict(document.save("Mine", seen))
    assert document.read().json()[document.text] == "Theirs"


def test_saves_with_other_idempotency_keys_are_no_repetitions(document: Document):
    seen, body = document.etag, document.body | {document.text: "Same"}
    answers = [
        document.api.call("PUT", document.path, body, **{"if-match": seen, "idempotency-key": key})
        for key in ("ann", "ann", "bob")
    ]
    assert [is_conflict(answer) for answer in answers] == [False, False, True]


def test_save_whose_answer_was_lost_is_repeated(document: Document, break_off: BreakOff):
    for nth in range(1, 30):
        seen = document.etag
        text = f"Attempt {nth}"
        break_off("CouponsFunction", nth)
        first = document.save(text, seen)
        document.api.gateway.restart()
        if first.status_code == 200:
            break
        assert (first.status_code, first.json()["code"]) == (503, "outcome_unknown"), nth
        assert is_conflict(document.save("Someone else", seen))
        again = document.save(text, seen)
        assert (again.status_code, again.headers["etag"]) == (200, document.etag), (nth, again.text)
        assert document.read().json()[document.text] == text
    assert nth > 1, "a save was broken off at all"


def test_interrupted_save_of_the_rule_is_finished_by_its_repetition(
    api: Api, shards: Callable[[dict[str, Any]], list[dict[str, Any]]], break_off: BreakOff
):
    """The rule is on the coupon: every shard is fenced before the repetition is answered."""
    for nth in range(1, 30):
        page = redeem_page(api)
        button = {"redeem_button": {"behavior": "none"}}
        break_off("CouponsFunction", nth)
        first = page.save("None here", '"0"', **button)
        api.gateway.restart()
        if first.status_code == 200:
            break
        again = page.save("None here", '"0"', **button)
        assert again.status_code == 200, (nth, again.text)
        coupon = api.read(page.coupon)
        assert coupon["version"] == 2
        assert {int(shard["version"]) for shard in shards(coupon)} == {2}
    assert nth > 2


def test_refused_page_does_not_change_the_rule(api: Api):
    page = redeem_page(api)
    seen = page.etag
    page.save("Ann's", seen)
    link = api.link(page.coupon, "ann")
    before = api.read(page.coupon)
    assert is_conflict(page.save("Bob's", seen, redeem_button={"behavior": "none"}))
    assert api.read(page.coupon) == before
    assert api.tap(link).status_code == 200


def test_change_of_the_coupon_is_no_change_of_its_page(api: Api):
    page = redeem_page(api)
    seen = page.etag
    api.patch(page.coupon, name="Other")
    assert page.etag == seen
    assert not is_conflict(page.save("Mine", seen))


def test_document_saved_before_revisions_has_the_first_one(document: Document, table: Any):
    document.save("Old")
    for item in table.scan(ConsistentRead=True)["Items"]:
        if item.get("coupon_id") == document.coupon["coupon_id"] or (
            item["pk"] == keys.redeem_page(document.coupon["coupon_id"])["pk"]
        ):
            key = {name: item[name] for name in ("pk", "sk")}
            table.update_item(Key=key, UpdateExpression="REMOVE revision")
    assert document.etag == '"0"'
    assert is_conflict(document.save("New", MADE_UP))
    assert not is_conflict(document.save("New", '"0"'))
    assert is_conflict(document.save("Newer", '"0"'))


def test_deleted_block_is_not_found_whatever_was_seen(api: Api):
    block = flow_block(api)
    seen = block.etag
    assert api.call("DELETE", block.path).status_code == 204
    for if_match in (None, seen, MADE_UP):
        assert block.save("Back", if_match).status_code == 404

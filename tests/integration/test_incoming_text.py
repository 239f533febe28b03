"""One customer in every spelling that looks the same, through every entry; and no text that cannot
be read.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from couponflow.domain import customer_ids
from tests.integration.conftest import Stored
from tests.support.api import Api

PATH = "/v1/flow/distribute"
FORM = "application/x-www-form-urlencoded"
INVISIBLE = (
    "\u200b\u200d\u200e\u202a\u202c\u2060\ufeff\u00ad\u034f\u061c\u3164\ufe0f\x00\x1d\U000e0041"
)
BLANKS = " \t\r\n\u00a0\u2003\u3000\u0085\u2800"
LETTERS = "ab1Az+-@. \u00e9\u00c5\u1ec7\u0e33\u0634\u738b\uac01\u0430\uff11\ufb01\u2460\U0001f600"

Entry = Callable[[Api, str, str], str]


def by_json(api: Api, coupon_id: str, customer: str) -> str:
    body = {"coupon_id": coupon_id, "customer_id": customer}
    return token(api.call("POST", PATH, body, "distribute"))


def by_form(api: Api, coupon_id: str, customer: str) -> str:
    data = {"coupon_id": coupon_id, "customer_id": customer}
    return token(api.client.post(PATH, data=data, headers=api.bearer("distribute")))


def by_query(api: Api, coupon_id: str, customer: str) -> str:
    params = {"coupon_id": coupon_id, "customer_id": customer}
    return token(api.client.get(PATH, params=params, headers=api.bearer("distribute")))


def by_plain_text(api: Api, coupon_id: str, customer: str) -> str:
    content = json.dumps({"coupon_id": coupon_id, "customer_id": customer}, ensure_ascii=False)
    headers = api.bearer("distribute") | {"content-type": "text/plain"}
    return token(api.client.post(PATH, content=content.encode("utf-8-sig"), headers=headers))


def by_batch(api: Api, coupon_id: str, customer: str) -> str:
    body = {"coupon_id": coupon_id, "customers": [{"customer_id": customer}]}
    answer = api.call("POST", f"{PATH}/batch", body, "distribute")
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["results"]
    assert result["customer_id"] == customer, "the caller finds its customer by what it sent"
    return str(result["redeem_token"])


def by_direct_invocation(api: Api, coupon_id: str, customer: str) -> str:
    event = {"coupon_id": coupon_id, "customer_id": customer}
    event["organisation_id"] = api.organisation_id
    return str(api.gateway.invoke("DistributeFunction", event)["redeem_token"])


def at_till(api: Api, coupon_id: str, customer: str) -> str:
    """The customer's link, found by the record of a redemption at the till."""
    made = api.till({"coupon_id": coupon_id}, customer)
    assert made.status_code == 200, made.text
    records = api.records({"coupon_id": coupon_id}, customer_id=customer, limit="100")
    (record,) = [each for each in records if each["redemption_id"] == made.json()["redemption_id"]]
    return by_json(api, coupon_id, record["customer_id"])


ENTRIES: list[Entry] = [
    by_json,
    by_form,
    by_query,
    by_plain_text,
    by_batch,
    by_direct_invocation,
    at_till,
]


def token(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["redeem_token"])


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """An id, and another spelling of it."""
    letters = draw(st.text(LETTERS, min_size=1, max_size=8)).strip()
    plain = unicodedata.normalize("NFC", letters)
    spelled = unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD"])), letters)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(spelled)))
        spelled = spelled[:place] + draw(st.sampled_from(INVISIBLE)) + spelled[place:]
    blanks = st.text(BLANKS + INVISIBLE, max_size=3)
    return plain, draw(blanks) + spelled + draw(blanks)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(both=spellings(), entry=st.sampled_from(ENTRIES))
def test_spellings_that_look_the_same_are_one_customer_in_every_entry(
    api: Api, both: tuple[str, str], entry: Entry
):
    plain, spelled = both
    if not plain:
        return
    coupon_id = _coupon_of(api)
    assert entry(api, coupon_id, spelled) == by_json(api, coupon_id, plain) != ""


def _coupon_of(api: Api) -> str:
    items = api.call("GET", "/v1/coupons").json()["items"]
    return str(items[0]["coupon_id"] if items else api.coupon()["coupon_id"])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.__name__)
def test_other_differences_make_other_customers_in_every_entry(api: Api, entry: Entry):
    coupon_id = api.coupon()["coupon_id"]
    customers = ["Ann 1", "ann 1", "Ann  1", "Ann\t1", "Ann1", "\u0410nn 1", "Ann l", "Ann \uff11"]
    customers += ["Ann-1", "Ann 1.", "Ann \u2460", "Ann\u00a01", "+1", "1", "01"]
    assert len({entry(api, coupon_id, each) for each in customers}) == len(customers)


@given(
    one=st.text(LETTERS + INVISIBLE + BLANKS, max_size=6),
    other=st.text(LETTERS + INVISIBLE + BLANKS, max_size=6),
)
@settings(max_examples=2_000, deadline=None)
def test_ids_are_equal_only_without_a_visible_difference(one: str, other: str):
    def visible(text: str) -> str:
        seen = "".join(character for character in text if character not in INVISIBLE)
        return unicodedata.normalize("NFD", seen.strip(BLANKS)).strip(BLANKS)

    assert (customer_ids.canonical(one) == customer_ids.canonical(other)) == (
        visible(one) == visible(other)
    )


@pytest.mark.parametrize("entry", ENTRIES[:-1], ids=lambda entry: entry.__name__)
@pytest.mark.parametrize("customer", ["\u200b", "[object Object]", "None", "$contact.id", "${id}"])
def test_unresolved_customer_gets_no_link(api: Api, entry: Entry, customer: str, stored: Stored):
    coupon_id = api.coupon()["coupon_id"]
    before = stored()
    assert entry(api, coupon_id, customer) == ""
    assert stored() == before


@pytest.mark.parametrize(
    "customer", [None, "", "\u200b\ufeff", "[object Object]", "NaN", "%CONTACTID%", "{{id}}"]
)
def test_unresolved_customer_redeems_nothing_at_the_till(
    api: Api, customer: str | None, stored: Stored
):
    coupon = api.coupon()
    before = stored()
    answer = api.till(coupon, customer)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [each["field"] for each in answer.json()["errors"]] == ["customer_id"]
    assert stored() == before


@pytest.mark.parametrize(
    ("method", "content", "query", "content_type"),
    [
        ("POST", b"customer_id=Jos%E9", "", FORM),
        ("POST", b"customer_id=Jos\xe9", "", FORM),
        ("POST", b"customer_id=Jos%E9", "", f"{FORM}; charset=iso-8859-1"),
        ("POST", b"customer_id=Jos%EF%BF%BD", "", FORM),
        ("POST", b"customer_id=ann&customer_id=bob", "", FORM),
        ("POST", b'{"customer_id": "Jos\xe9"}', "", "application/json"),
        ("POST", b'{"customer_id": "Jos\xe9"}', "", "text/plain"),
        ("POST", '{"customer_id": "Jos\ufffd"}'.encode(), "", "application/json"),
        ("POST", b'{"customer_id": "Jos\\ufffd"}', "", "application/json"),
        ("POST", b'{"customer_id": "ann"}'.decode().encode("utf-16"), "", "application/json"),
        ("GET", b"", "customer_id=Jos%E9", None),
        ("GET", b"", "customer_id=Jos%EF%BF%BD", None),
        ("GET", b"", "customer_id=ann&customer_id=bob", None),
        ("GET", b"", "customer_id=ann&customer_id=ann", None),
    ],
)
def test_text_that_cannot_be_read_is_400_and_writes_nothing(
    api: Api, stored: Stored, method: str, content: bytes, query: str, content_type: str | None
):
    coupon_id = api.coupon()["coupon_id"]
    before = stored()
    if content.startswith(b"{"):
        content = content.replace(b"{", b'{"coupon_id": "%s", ' % coupon_id.encode())
    elif content and content_type:
        content += b"&coupon_id=" + coupon_id.encode()
    headers = api.bearer("distribute") | ({"content-type": content_type} if content_type else {})
    answer = api.client.request(
        method,
        f"{PATH}?{query}&coupon_id={coupon_id}" if query else PATH,
        content=content,
        headers=headers,
    )
    assert answer.status_code == 400, answer.text
    assert (answer.json()["outcome"], answer.json()["reason"]) == ("error", "invalid_request")
    assert stored() == before


@pytest.mark.parametrize("path", ["/v1/coupons", "/v1/coupons/{}/redemptions", "/v1/flow/blocks"])
@pytest.mark.parametrize("query", ["q=%E9", "limit=1&limit=2", "cursor=%FF"])
def test_list_query_that_cannot_be_read_is_400(api: Api, path: str, query: str):
    path = path.format(api.coupon()["coupon_id"])
    answer = api.call("GET", f"{path}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("query", ["fbclid=%E9", "utm=a&utm=b", "%FF"])
def test_query_of_a_link_is_ignored_whatever_it_is(api: Api, query: str):
    assert api.client.get(f"{api.link(api.coupon(), 'ann')}?{query}").status_code == 200


def test_byte_order_mark_loses_no_field_of_a_form(api: Api):
    coupon_id = api.coupon()["coupon_id"]
    for body in (
        f"customer_id=ann&coupon_id={coupon_id}",
        f"coupon_id={coupon_id}&customer_id=ann",
    ):
        headers = api.bearer("distribute") | {"content-type": FORM}
        answer = api.client.post(PATH, content=body.encode("utf-8-sig"), headers=headers)
        assert answer.json()["outcome"] == "distributed"


def test_byte_order_mark_before_json_is_read_by_admin_and_till(api: Api):
    headers = api.bearer() | {"content-type": "application/json"}
    body = json.dumps({"name": "Ten", "starts_at": "2026-01-01", "ends_at": "2999-01-01"})
    made = api.client.post("/v1/coupons", content=body.encode("utf-8-sig"), headers=headers)
    assert made.status_code == 201, made.text
    till = json.dumps({"coupon_id": made.json()["coupon_id"], "customer_id": "ann"})
    answer = api.client.post(
        "/v1/redemptions",
        content=till.encode("utf-8-sig"),
        headers=headers | api.bearer("redeem"),
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("content_type", ["text/plain", "text/json; charset=utf-8", ""])
def test_flow_reads_json_under_the_types_that_clients_send(api: Api, content_type: str):
    body = json.dumps({"coupon_id": api.coupon()["coupon_id"], "customer_id": "ann"})
    headers = api.bearer("distribute") | {"content-type": content_type}
    answer = api.client.post(PATH, content=body, headers=headers)
    assert answer.json()["outcome"] == "distributed"


@pytest.mark.parametrize("path", [PATH, f"{PATH}/manychat", f"{PATH}/batch"])
@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "application/xml"])
def test_flow_names_the_types_that_it_takes(api: Api, path: str, content_type: str):
    headers = api.bearer("distribute") | {"content-type": content_type}
    answer = api.client.post(path, content=b"--x", headers=headers)
    assert answer.status_code == 400
    assert "application/json" in answer.json()["detail"]
    assert FORM in answer.json()["detail"]


@pytest.mark.parametrize(
    "entered",
    [
        "SAVE-20",
        "save20\r\n",
        "  SAVE-20\u00a0",
        "\ufeffSAVE\u200b20",
        "SAVE 20",
        "SAVE\u201320",
        "\uff33\uff21\uff36\uff25\uff12\uff10",
    ],
)
def test_flow_and_till_take_a_code_as_people_enter_it(api: Api, entered: str):
    api.coupon(code="SAVE-20")
    till = {"code": entered, "customer_id": "ann", "coupon_id": ""}
    redeemed = api.call("POST", "/v1/redemptions", till, "redeem")
    assert redeemed.status_code == 200, redeemed.text
    flow = {"coupon_code": entered, "customer_id": "bob", "coupon_id": " "}
    assert api.call("POST", PATH, flow, "distribute").json()["outcome"] == "distributed"


@pytest.mark.parametrize(
    "entered", ["S\u00c1VE-20", "\u0405AVE20", "SAVE2", "\u00df", "SAVE.20", "SAVE2\u00ba"]
)
def test_code_of_other_letters_is_another_code(api: Api, entered: str):
    api.coupon(code="SAVE-20")
    flow = {"coupon_code": entered, "customer_id": "bob"}
    answer = api.call("POST", PATH, flow, "distribute").json()
    assert (answer["outcome"], answer["reason"]) == ("error", "coupon_not_found")
    till = api.call("POST", "/v1/redemptions", {"code": entered, "customer_id": "ann"}, "redeem")
    assert till.status_code in (404, 422)


def test_till_takes_a_number_as_code_and_blanks_around_ids(api: Api):
    coupon = api.coupon(code="12345")
    for body in (
        {"code": 12345},
        {"code": "", "coupon_id": f" {coupon['coupon_id']}\r\n"},
        {"code": "null", "coupon_id": coupon["coupon_id"]},
        {"code": "{{code}}", "coupon_id": coupon["coupon_id"]},
    ):
        answer = api.call("POST", "/v1/redemptions", body | {"customer_id": "ann"}, "redeem")
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [(12345, "12345"), (7.0, "7"), (0, "0"), (" ann ", " ann "), (None, ""), (True, ""), ([], "")],
)
def test_batch_returns_the_customer_id_as_text(api: Api, sent: object, echoed: str):
    body = {"coupon_id": api.coupon()["coupon_id"], "customers": [{"customer_id": sent}]}
    answer = api.call("POST", f"{PATH}/batch", body, "distribute").json()
    assert answer["results"][0]["customer_id"] == echoed


def test_direct_batch_with_a_lone_surrogate_can_be_answered(api: Api):
    event = {
        "organisation_id": api.organisation_id,
        "coupon_id": api.coupon()["coupon_id"],
        "customers": [{"customer_id": "\ud800"}, {"customer_id": "ann"}],
    }
    first, second = api.gateway.invoke("DistributeFunction", event)["results"]
    assert (first["customer_id"], first["reason"]) == ("\ufffd", "invalid_request")
    assert second["outcome"] == "distributed"


@pytest.mark.parametrize(
    "wanted",
    [
        "Caf\u00e9",
        "cafe\u0301",
        "CAFE\u0301",
        "\uff43\uff21\uff46\u00c9",
        "\u200bcaf\u00e9 ",
        "SOMMER\u3000caf\u00e9",
    ]
    + ["sa1e 20", "\uff33\uff21\uff2c\uff25-20", "stra\u00dfe", "STRASSE"],
)
def test_search_finds_a_name_or_code_in_any_form(api: Api, wanted: str):
    coupon = api.coupon(name="Sommer Cafe\u0301 Stra\u00dfe", code="SALE20")
    api.coupon(name="Cafe Anna")
    found = api.client.get("/v1/coupons", params={"q": wanted}, headers=api.bearer()).json()
    assert [each["coupon_id"] for each in found["items"]] == [coupon["coupon_id"]]


@pytest.mark.parametrize(
    "name", ["\u200b", "\u3164", "\u2800", "\ufe0f", " \u00ad\r\n", "\U000e0041"]
)
def test_name_with_nothing_to_see_is_refused(api: Api, name: str):
    body = {"name": name, "starts_at": "2026-01-01", "ends_at": "2999-01-01"}
    answer = api.call("POST", "/v1/coupons", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "name")


def test_name_is_saved_composed_and_trimmed(api: Api):
    assert (
        api.coupon(name="\ufeff Cafe\u0301 \u2600\ufe0f\u200b")["name"] == "Caf\u00e9 \u2600\ufe0f"
    )


def test_message_of_an_unresolved_variable_is_left_out(api: Api):
    body = {
        "coupon_id": api.coupon()["coupon_id"],
        "customer_id": "ann",
        "message": "[object Object]",
        "button_title": "None",
        "image_url": "${image}",
        "customer_name": "undefined undefined",
        "inbox_id": "NaN",
        "channel": "%CHANNEL%",
        "format": "$format.name",
    }
    answer = api.call("POST", PATH, body, "distribute").json()
    shown = (answer["message"], answer["button_title"], answer["image_url"])
    assert shown == ("Ten off", "Redeem", "")
    assert "payload" not in answer

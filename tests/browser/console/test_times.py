"""The console's dates, own ends and opening times agree with the API's, in every zone and at every
change of the clocks until 2037.
"""

from __future__ import annotations

from typing import Any

from couponflow.domain import times
from tests.support import period_vectors

_AGREE = """async (vectors) => {
  const main = document.querySelector("script[type=module]").src;
  const times = await import(main.replace("main.js", "core/times.js"));
  const wrong = [];
  let unlike = 0;
  const text = (at, zone) => Object.values(times.wall(at, zone)).slice(0, 2).join(" ");
  for (const [zone, day, starts_at, ends_at, ...local] of vectors) {
    if (text(starts_at, zone) !== local[0] || text(ends_at, zone) !== local[1]) {
      unlike += 1; // this browser has another edition of the zone's rules
      continue;
    }
    const fields = times.periodFields({ starts_at, ends_at, timezone: zone });
    const last = times.lastMoment(ends_at, zone);
    const days = [fields.start_date, fields.end_date, last.date];
    if (!fields.whole_days || days.some((each) => each !== day))
      wrong.push([zone, day, fields, last]);
  }
  return { wrong, unlike };
}"""


_COMPUTE = """async ([name, vectors]) => {
  const main = document.querySelector("script[type=module]").src;
  const times = await import(main.replace("main.js", "core/times.js"));
  const wrong = [];
  let unlike = 0;
  const isUnlike = ([at, zone, clock]) => {
    const { date, time } = times.wall(at, zone);
    return `${date} ${time}` !== clock; // this browser has another edition of the zone's rules
  };
  for (const { args, expected, clocks } of vectors) {
    if (clocks.some(isUnlike)) unlike += 1;
    else {
      const found = times[name](...args) ?? null;
      const at = typeof found === "string" ? new Date(found).getTime() : found;
      if (at !== (typeof expected === "string" ? new Date(expected).getTime() : expected))
        wrong.push([args, expected, found]);
    }
  }
  return { wrong, unlike };
}"""


def local(at: str, zone: str) -> str:
    """What a clock in the zone shows, to the minute."""
    return f"{times.parse_utc(at).astimezone(times.zone(zone)):%Y-%m-%d %H:%M}"


def test_console_shows_the_last_day_as_the_api_does(open_console: Any):
    page = open_console("/coupons")
    vectors = [
        (zone, day, start, end, local(start, zone), local(end, zone))
        for zone, day, start, end in period_vectors.distinct_vectors()
    ]
    found = page.evaluate(_AGREE, vectors)
    assert found["wrong"] == []
    assert found["unlike"] < len(vectors) / 10


def assert_agrees(page: Any, name: str, vectors: list[dict[str, Any]]) -> None:
    """`name`: a function of core/times.js. It must return what each vector expects."""
    found = page.evaluate(_COMPUTE, [name, vectors])
    assert found["wrong"] == []
    assert len(vectors) > 1_000
    assert found["unlike"] < len(vectors) / 10


def vector(zone: str, args: list[Any], expected: object, *moments: str | None) -> dict[str, Any]:
    """A call and its result. `moments`: where the browser's clock must agree with Python's."""
    clocks = [[at, zone, local(at, zone)] for at in moments if at is not None]
    return {"args": args, "expected": expected, "clocks": clocks}


def test_console_computes_own_ends_as_the_api_does(open_console: Any):
    vectors = [
        vector(zone, [received, valid_for, zone], ends_at, received, ends_at)
        for zone, received, valid_for, ends_at in period_vectors.own_end_vectors()
    ]
    assert_agrees(open_console("/coupons"), "ownEnd", vectors)


def test_console_computes_opening_times_as_the_api_does(open_console: Any):
    page, never = open_console("/coupons"), "9999-01-01T00:00:00Z"
    vectors = list(period_vectors.opening_vectors())
    is_open = [
        vector(zone, [windows, at, zone], is_open, at) for zone, at, windows, is_open, _ in vectors
    ]
    assert {True, False} <= {each["expected"] for each in is_open}
    assert_agrees(page, "isOpen", is_open)
    opens_at = [
        vector(zone, [windows, at, zone, never], opens, at, opens)
        for zone, at, windows, _, opens in vectors
    ]
    assert_agrees(page, "nextOpening", opens_at)


def test_list_shows_a_coupon_in_a_zone_unknown_to_the_browser(open_console: Any, bakery: Any):
    bakery.coupon(name="From elsewhere")

    def send_with_unknown_zone(route: Any) -> None:
        answer = route.fetch()
        body = answer.json()
        for item in body["items"]:
            item["timezone"] = "Mars/Olympus_Mons"
        route.fulfill(response=answer, json=body)

    page = open_console("/coupons")
    page.route("**/v1/coupons?*", send_with_unknown_zone)
    page.reload()
    page.get_by_text("From elsewhere").first.wait_for()
    page.get_by_text("Olympus Mons").first.wait_for()

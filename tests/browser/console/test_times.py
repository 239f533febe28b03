"""The console's dates agree with the API's, in every zone and at every change of the clocks until
2037.
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

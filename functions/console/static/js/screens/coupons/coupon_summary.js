// The coupon in plain words, as it will be.
import { html } from "../../core/preact.js";
import { browserZone, clock, day, dayAndClock, isZone, zoneName } from "../../core/times.js";
import { brief } from "../../core/coupon_rules.js";
import { count, plural } from "../../core/messages.js";
import { endOf, startOf } from "./coupon_fields.js";
import { rulesBody } from "./rule_fields.js";

export function Summary({ values, used }) {
  const { name, code, code_kind: kind, active, timezone } = values;
  const rules = brief(rulesBody(values));
  return html`
    <aside class="summary" aria-label="Summary">
      <div class="ticket" data-off=${!active}>
        <div class="ticket-top">
          <span class="ticket-name">${name.trim() || "Your coupon"}</span>
          <code>${kind === "generated" ? "••••••••••" : code || "CODE"}</code>
        </div>
        <dl class="ticket-terms">
          <dt>When</dt><dd>${when(values)}</dd>
          ${rules && html`<dt>Rules</dt><dd>${rules}</dd>`}
          <dt>How many</dt><dd>${howMany(values)}</dd>
          <dt>Status</dt><dd>${active ? "On" : "Off: nobody can get or redeem it"}</dd>
          ${used !== undefined && html`<dt>So far</dt><dd>${count(used)} redeemed</dd>`}
        </dl>
      </div>
      ${active && isZone(timezone) && timezone !== browserZone && html`<p class="hint">${elsewhere(values)}</p>`}
    </aside>`;
}

function when(values) {
  const { start_date, end_date, whole_days, timezone } = values;
  if (!start_date || !end_date || !isZone(timezone)) return "Choose a start and an end";
  const [start, end] = [startOf(values), endOf(values)];
  if (start >= end) return "The end comes before the start";
  const last = new Date(Date.parse(end) - 1);
  const words = whole_days
    ? days(day(start, timezone), day(last, timezone))
    : `${dayAndClock(start, timezone)} – ${dayAndClock(end, timezone)}`;
  return `${words}, ${zoneName(timezone)} time`;
}

const days = (first, last) => (first === last ? `${first}, all day` : `${first} – ${last}, last day included`);

function elsewhere(values) {
  if (!values.start_date || !values.end_date || startOf(values) >= endOf(values)) return "";
  const [start, end] = [startOf(values), endOf(values)];
  return `Where you are (${zoneName(browserZone)}) that is ${day(start, browserZone)}, ${clock(start, browserZone)} to ${day(end, browserZone)}, ${clock(end, browserZone)}.`;
}

function howMany({ max_redemptions: all, max_redemptions_per_customer: each }) {
  const overall = Number(all) ? `${plural(Number(all), "redemption")} in all` : "No overall limit";
  if (!Number(all) && !Number(each)) return "No limit";
  return `${overall}, ${Number(each) ? count(Number(each)) : "no limit"} per customer`;
}

// A coupon's fields as a form has them, and as the API does.
import * as codes from "../../core/codes.js";
import { browserZone, daysLater, isZone, moment, periodFields, today } from "../../core/times.js";
import { characters, count } from "../../core/messages.js";
import { same } from "../../ui/form.js";
import { blankRules, checkRules, ruleFieldsOf, rulesBody } from "./rule_fields.js";

const WHOLE = /^\d+$/;

export const blank = (zone = browserZone) => ({
  name: "",
  code_kind: "generated",
  code: "",
  timezone: zone,
  whole_days: true,
  start_date: today(zone),
  start_time: "00:00",
  end_date: daysLater(today(zone), 29),
  end_time: "23:59",
  ...blankRules,
  max_redemptions: "",
  max_redemptions_per_customer: "1",
  active: true,
});

export const fieldsOf = (coupon) => ({
  name: coupon.name,
  code_kind: "typed",
  code: coupon.code,
  timezone: coupon.timezone,
  ...periodFields(coupon),
  ...ruleFieldsOf(coupon),
  max_redemptions: written(coupon.max_redemptions),
  max_redemptions_per_customer: written(coupon.max_redemptions_per_customer),
  active: coupon.active,
});

// A copy has a new code, and starts today if the old period is over.
export function copyOf(coupon) {
  const fields = fieldsOf(coupon);
  const isOver = Date.parse(coupon.ends_at) <= Date.now();
  const { start_date, end_date } = blank(coupon.timezone);
  return {
    ...fields,
    ...(isOver ? { start_date, end_date } : {}),
    name: [...`${coupon.name} (copy)`].slice(0, 100).join(""),
    code_kind: "generated",
    code: "",
    active: true,
  };
}

export function check(values) {
  const wrong = {};
  if (!values.name.trim()) wrong.name = "Give the coupon a name.";
  else if (characters(values.name.trim()) > 100) wrong.name = "Use at most 100 characters.";
  if (values.code_kind === "typed") wrong.code = codes.problem(values.code);
  if (!isZone(values.timezone)) wrong.timezone = "Choose a time zone.";
  if (!values.start_date) wrong.starts_at = "Choose the day it starts.";
  if (!values.end_date) wrong.ends_at = "Choose the day it ends.";
  else if (values.start_date && !wrong.timezone && startOf(values) >= endOf(values))
    wrong.ends_at = "The end must come after the start.";
  Object.assign(wrong, checkRules(values));
  wrong.max_redemptions = limit(values.max_redemptions, 1_000_000_000);
  wrong.max_redemptions_per_customer = limit(values.max_redemptions_per_customer, 100);
  return Object.fromEntries(Object.entries(wrong).filter(([, words]) => words));
}

// What the API takes; dates alone mean whole days, the last one included.
export function body(values) {
  const { start_date, start_time, end_date, end_time, whole_days, timezone } = values;
  return {
    name: values.name.trim(),
    ...(values.code_kind === "typed" ? { code: values.code } : {}),
    timezone,
    starts_at: whole_days ? start_date : moment(start_date, start_time, timezone),
    ends_at: whole_days ? end_date : moment(end_date, end_time, timezone),
    ...rulesBody(values),
    max_redemptions: read(values.max_redemptions),
    max_redemptions_per_customer: read(values.max_redemptions_per_customer),
    active: values.active,
  };
}

// Only the changed fields, so that another user's changes of other fields remain.
export function changes(values, base) {
  const [now, before] = [body(values), body(base)];
  const changed = Object.keys(now).filter((field) => field !== "code" && !same(now[field], before[field]));
  if (["timezone", "starts_at", "ends_at"].some((field) => changed.includes(field)))
    changed.push("timezone", "starts_at", "ends_at");
  return Object.fromEntries(changed.map((field) => [field, now[field]]));
}

export const startOf = ({ whole_days, start_date, start_time, timezone }) =>
  moment(start_date, whole_days ? "00:00" : start_time, timezone);

export const endOf = ({ whole_days, end_date, end_time, timezone }) =>
  whole_days ? moment(daysLater(end_date, 1), "00:00", timezone) : moment(end_date, end_time, timezone);

function limit(text, most) {
  if (!text.trim()) return "";
  const number = Number(text);
  return WHOLE.test(text.trim()) && number >= 1 && number <= most
    ? ""
    : `Enter a whole number from 1 to ${count(most)}, or leave it empty for no limit.`;
}

const read = (text) => (text.trim() ? Number(text) : null);

const written = (number) => (number === null ? "" : String(number));

// A coupon's own end, opening hours and period limit in words. Values are those of the API.
import { WEEKDAYS, dayAndClock, isOpen, lastDayAndClock, nextOpening, ownEnd, weekday, zoneName } from "./times.js";
import { count } from "./messages.js";

export const DAYS = WEEKDAYS;
export const DAY_NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const PERIOD_BEGINS = { day: "at midnight", week: "on Monday", month: "on the 1st" };
const NO_BREAK = "\u00a0";
const AND = new Intl.ListFormat("en", { type: "conjunction" });
const OFTEN = { 1: "once", 2: "twice" };

export function validForWords(validFor) {
  if (!validFor) return "Each customer can redeem until the coupon ends.";
  const { hours, days } = validFor;
  if (hours)
    return `Each customer can redeem for ${hours === 1 ? "1 hour" : `${count(hours)} hours`} after they receive it.`;
  if (days === 0) return "Each customer can redeem until the end of the day they receive it.";
  return `Each customer can redeem until the end of the ${ordinal(days)} day after they receive it.`;
}

// For a customer who receives the coupon at `now`. `period`: {starts_at, ends_at, timezone}.
export function ownEndExample(validFor, { ends_at, timezone }, now = Date.now()) {
  const end = ownEnd(now, validFor, timezone);
  const isOwn = Date.parse(end) < Date.parse(ends_at);
  const last = lastDayAndClock(isOwn ? end : ends_at, timezone);
  return `A customer who receives it now can redeem until ${last}${isOwn ? "" : ", when the coupon ends"}.`;
}

export function hoursWords(windows, zone) {
  if (!windows?.length) return "It can be redeemed at any time of day.";
  return `It can be redeemed ${windows.map(windowWords).join(", and ")}, ${zoneName(zone)} time.`;
}

// When the coupon can be redeemed next, inside its period; "" once that is over.
export function openingExample(windows, { starts_at, ends_at, timezone }, now = Date.now()) {
  const from = Math.max(now, Date.parse(starts_at));
  if (from >= Date.parse(ends_at)) return "";
  const opensAt = isOpen(windows, from, timezone) ? from : nextOpening(windows, from, timezone, ends_at);
  if (!opensAt) return "It doesn't open during the active period.";
  if (opensAt === now) return "It is open now.";
  return `It opens next on ${weekday(opensAt, timezone)}, ${dayAndClock(opensAt, timezone)}.`;
}

export function periodWords(limit, zone) {
  if (!limit) return "A customer's uses don't have to be spread over days.";
  const often = OFTEN[limit.uses] ?? `${count(limit.uses)} times`;
  return `Each customer can redeem ${often} a ${limit.per}; a ${limit.per} begins ${PERIOD_BEGINS[limit.per]}, ${zoneName(zone)} time.`;
}

// For lists and comparisons: "Mon–Fri 11:00–14:30 · 7 days each · 1 a day". "" without any of them.
export const brief = (coupon) =>
  [hoursBrief(coupon.hours), unbroken(validForBrief(coupon.valid_for)), unbroken(periodBrief(coupon.period_limit))]
    .filter(Boolean)
    .join(`${NO_BREAK}· `);

export const hoursBrief = (windows) =>
  windows?.map(({ days, from, until }) => `${spans(days, short).join(", ")} ${from}–${until}`).join(", ") ?? "";

export function validForBrief(validFor) {
  if (!validFor) return "";
  const { hours, days } = validFor;
  if (hours) return hours === 1 ? "1 hour each" : `${count(hours)} hours each`;
  if (days === 0) return "same day only";
  return days === 1 ? "1 day each" : `${count(days)} days each`;
}

export const periodBrief = (limit) => (limit ? `${count(limit.uses)} a ${limit.per}` : "");

function windowWords({ days, from, until }) {
  if (from === "00:00" && until === "24:00") return `${onDays(days)}, all day`;
  return `${onDays(days)}, ${from} to ${until}${until <= from ? " the next day" : ""}`;
}

const onDays = (days) =>
  days.length === DAYS.length ? "every day" : `on ${AND.format(spans(days, (index) => DAY_NAMES[index], " to "))}`;

const short = (index) => DAY_NAMES[index].slice(0, 3);

const unbroken = (text) => text.replaceAll(" ", NO_BREAK);

// Three days or more in a row as a span: ["Monday to Friday", "Sunday"].
function spans(days, name, to = "–") {
  const chosen = DAYS.map((day) => days.includes(day));
  const parts = [];
  for (let first = 0; first < DAYS.length; first += 1) {
    if (!chosen[first]) continue;
    let last = first;
    while (chosen[last + 1]) last += 1;
    if (last - first >= 2) parts.push(`${name(first)}${to}${name(last)}`);
    else for (let index = first; index <= last; index += 1) parts.push(name(index));
    first = last;
  }
  return parts;
}

function ordinal(number) {
  const ends = { one: "st", two: "nd", few: "rd", other: "th" };
  return `${count(number)}${ends[new Intl.PluralRules("en", { type: "ordinal" }).select(number)]}`;
}

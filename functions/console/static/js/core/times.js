// Times in a coupon's own zone, wherever the marketer sits.
const LANGUAGE = navigator.languages?.find((language) => language.startsWith("en")) ?? "en-GB";
const formats = new Map();
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const QUARTER_MS = 15 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
// A weekly window in an hour or a day that the zone skips opens two weeks later.
const SEARCHED_MS = 15 * DAY_MS;

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

function format(zone, options, language = LANGUAGE) {
  const name = JSON.stringify([zone, options, language]);
  if (!formats.has(name)) formats.set(name, newFormat(zone, options, language));
  return formats.get(name);
}

// A zone that this browser does not know must not hide the coupon: its times are then in UTC.
function newFormat(zone, options, language) {
  const timeZone = isZone(zone) ? zone : "UTC";
  return new Intl.DateTimeFormat(language, { timeZone, ...options });
}

export const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export const isZone = (name) => {
  try {
    return Boolean(name && new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
};

// The zone's clock at a moment: {date: "2026-06-01", time: "09:30"}.
export function wall(moment, zone) {
  const parts = {};
  const options = {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  };
  for (const { type, value } of format(zone, options, "en-CA").formatToParts(new Date(moment))) parts[type] = value;
  const { year, month, day, hour, minute, second } = parts;
  return { date: `${year.padStart(4, "0")}-${month}-${day}`, time: `${hour}:${minute}`, second };
}

// The moment at which the zone's clock shows this; in the hour that spring leaves out, the one after it.
export function moment(date, time, zone) {
  const wanted = Date.parse(`${date}T${time || "00:00"}:00Z`);
  let guess = wanted;
  for (let turn = 0; turn < 3; turn += 1) {
    const shown = wall(guess, zone);
    guess += wanted - Date.parse(`${shown.date}T${shown.time}:${shown.second}Z`);
  }
  return new Date(guess).toISOString();
}

export function daysLater(date, days) {
  const day = new Date(`${date}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString().slice(0, 10);
}

export const today = (zone) => wall(Date.now(), zone).date;

export const day = (at, zone) => format(zone, { day: "numeric", month: "short", year: "numeric" }).format(new Date(at));

export const clock = (at, zone) =>
  format(zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));

export const dayAndClock = (at, zone) => `${day(at, zone)}, ${clock(at, zone)}`;

export const weekday = (at, zone) => format(zone, { weekday: "short" }).format(new Date(at));

export const clockToTheSecond = (at, zone) =>
  format(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(new Date(at));

// Clocks may go forward at midnight: then the day begins at one.
const isStartOfDay = (at, zone) => wall(Date.parse(at) - 1, zone).date < wall(at, zone).date;

// The first moment of a local day: also where midnight is skipped, or comes twice.
function startOfDay(date, zone) {
  const asUtc = Date.parse(`${date}T00:00:00Z`);
  const offsets = [asUtc - DAY_MS, asUtc + DAY_MS].map((around) => offset(around, zone));
  return Math.min(...offsets.map((east) => asUtc - east).filter((at) => wall(at, zone).date >= date));
}

// The zone's offset from UTC in milliseconds.
function offset(at, zone) {
  const { date, time, second } = wall(at, zone);
  return Date.parse(`${date}T${time}:${second}Z`) - Math.floor(at / SECOND_MS) * SECOND_MS;
}

// When a coupon ends for a customer who received it at a moment (exclusive). Days end with the n-th day after that day.
export function ownEnd(received, { hours, days }, zone) {
  const at = new Date(received).getTime();
  const end = hours ? at + hours * HOUR_MS : startOfDay(daysLater(wall(at, zone).date, days + 1), zone);
  return new Date(end).toISOString();
}

// Whether one of the opening hours, as the API has them, contains the moment.
export function isOpen(windows, at, zone) {
  const { date, time } = wall(at, zone);
  const today = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
  const yesterday = (today + 6) % 7;
  return windows.some(({ days, from, until }) => {
    const beginsToday = days.includes(WEEKDAYS[today]);
    if (from < until) return beginsToday && from <= time && time < until;
    return (beginsToday && time >= from) || (days.includes(WEEKDAYS[yesterday]) && time < until);
  });
}

// The first open quarter hour after a moment; undefined if none comes before `before`. Every quarter hour is tried,
// because the start of a window may be in a skipped hour.
export function nextOpening(windows, after, zone, before) {
  let at = Math.floor(new Date(after).getTime() / QUARTER_MS) * QUARTER_MS;
  const last = Math.min(new Date(before).getTime() - 1, at + SEARCHED_MS);
  while ((at += QUARTER_MS) <= last) if (isOpen(windows, at, zone)) return new Date(at).toISOString();
  return undefined;
}

const justBefore = (at) => new Date(Date.parse(at) - 1);

// A period's end is exclusive: one that is over when a day begins has the day before as its last.
export function period({ starts_at, ends_at, timezone }) {
  const endsWithDay = isStartOfDay(ends_at, timezone);
  if (endsWithDay && isStartOfDay(starts_at, timezone))
    return { from: day(starts_at, timezone), to: day(justBefore(ends_at), timezone) };
  return { from: dayAndClock(starts_at, timezone), to: lastDayAndClock(ends_at, timezone) };
}

// An exclusive end as people name it.
export function lastDayAndClock(ends_at, zone) {
  return isStartOfDay(ends_at, zone) ? `${day(justBefore(ends_at), zone)}, end of day` : dayAndClock(ends_at, zone);
}

// The same as a form has it.
export function periodFields({ starts_at, ends_at, timezone }) {
  const start = wall(starts_at, timezone);
  const end = wall(ends_at, timezone);
  const whole = isStartOfDay(starts_at, timezone) && isStartOfDay(ends_at, timezone);
  return {
    whole_days: whole,
    start_date: start.date,
    start_time: whole ? "00:00" : start.time,
    end_date: whole ? wall(justBefore(ends_at), timezone).date : end.date,
    end_time: whole ? "23:59" : end.time,
  };
}

// The last minute of a period, as {date, time}.
export function lastMoment(ends_at, zone) {
  return wall(isStartOfDay(ends_at, zone) ? Date.parse(ends_at) - MINUTE_MS : ends_at, zone);
}

export function offsetName(zone, at = Date.now()) {
  const name = format(zone, { timeZoneName: "longOffset" }, "en")
    .formatToParts(at)
    .find(({ type }) => type === "timeZoneName")?.value;
  return name === "GMT" ? "GMT+00:00" : name;
}

export const zoneName = (zone) => zone.split("/").pop().replaceAll("_", " ");

let all;
export function zones() {
  all ??= ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC" && zone.includes("/"))];
  return all;
}

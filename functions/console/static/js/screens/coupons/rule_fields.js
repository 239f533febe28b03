// A coupon's own end, opening hours and period limit as a form has them, and as the API does.
// An end at midnight is "24:00" in the API, and "00:00" in an input for times.
import { DAYS } from "../../core/coupon_rules.js";

const WHOLE = /^\d+$/;
const QUARTER = /:(00|15|30|45)$/;
export const MOST_WINDOWS = 14;

export const blankRules = { valid_for: "", valid_for_unit: "days", hours: [], period_limit: "", period_per: "day" };

// The next row is for the days that have no hours yet.
export function nextWindow(windows) {
  const rest = DAYS.filter((day) => !windows.some(({ days }) => days.includes(day)));
  return { days: windows.length && rest.length ? rest : DAYS.slice(0, 5), from: "11:00", until: "14:00" };
}

export const ruleFieldsOf = ({ valid_for: validFor, hours, period_limit: limit }) => ({
  valid_for: validFor ? String(validFor.days ?? validFor.hours) : "",
  valid_for_unit: validFor?.hours ? "hours" : "days",
  hours: (hours ?? []).map(({ days, from, until }) => ({ days, from, until: until === "24:00" ? "00:00" : until })),
  period_limit: limit ? String(limit.uses) : "",
  period_per: limit?.per ?? "day",
});

export const validForOf = ({ valid_for: number, valid_for_unit: unit }) =>
  WHOLE.test(number.trim()) ? { [unit]: Number(number) } : null;

export const hoursOf = ({ hours }) =>
  hours.length
    ? hours.map(({ days, from, until }) => ({
        days: DAYS.filter((day) => days.includes(day)),
        from,
        until: until === "00:00" ? "24:00" : until,
      }))
    : null;

export const periodLimitOf = ({ period_limit: uses, period_per: per }) =>
  WHOLE.test(uses.trim()) ? { uses: Number(uses), per } : null;

export const rulesBody = (values) => ({
  valid_for: validForOf(values),
  hours: hoursOf(values),
  period_limit: periodLimitOf(values),
});

export function checkRules(values) {
  const perCustomer = Number(values.max_redemptions_per_customer);
  const [least, most] = values.valid_for_unit === "hours" ? [1, 8760] : [0, 365];
  const wrong = {
    valid_for: whole(values.valid_for, least, most),
    hours: values.hours.map(windowProblem).find(Boolean) ?? "",
    period_limit: whole(values.period_limit, 1, 100),
  };
  if (!wrong.period_limit && perCustomer && Number(values.period_limit) > perCustomer)
    wrong.period_limit = `A customer can redeem it ${perCustomer} × in all, so a ${values.period_per} can't allow more.`;
  return wrong;
}

function windowProblem({ days, from, until }) {
  if (!days.length) return "Choose at least one day in each row.";
  if (!from || !until) return "Enter when each row begins and ends.";
  if (!QUARTER.test(from) || !QUARTER.test(until)) return "Use quarter hours, such as 11:00 or 14:45.";
  return from === until && from !== "00:00" ? "A row must end at another time than it begins." : "";
}

function whole(text, least, most) {
  if (!text.trim()) return "";
  const number = Number(text);
  return WHOLE.test(text.trim()) && number >= least && number <= most
    ? ""
    : `Enter a whole number from ${least} to ${most.toLocaleString("en")}, or leave it empty.`;
}

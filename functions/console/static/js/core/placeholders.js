// {{coupon_name}} and its like, filled as the service fills them.
import { lastMoment, wall } from "./times.js";

export const PLACEHOLDERS = [
  "coupon_name",
  "coupon_code",
  "starts_at",
  "ends_at",
  "last_day",
  "uses_left",
  "customer_name",
];
const KNOWN = new Set([...PLACEHOLDERS, "starts_at_local", "ends_at_local"]);
const PLACEHOLDER = /( ?)\{\{([^{}]*)\}\}/g;

export function problem(text) {
  const unknown = [...text.matchAll(PLACEHOLDER)]
    .map(([, , inside]) => inside.split("|")[0].trim())
    .filter((name) => !KNOWN.has(name));
  if (unknown.length) return `Nobody fills {{${unknown[0]}}}. There are ${PLACEHOLDERS.join(", ")}.`;
  return /\{\{|\}\}/.test(text.replace(PLACEHOLDER, "")) ? "A placeholder is not closed, such as {{coupon_name}." : "";
}

// A placeholder without a value is removed with the space before it; {{customer_name|you}} has a default.
export const filled = (text, values) =>
  text
    .replace(PLACEHOLDER, (_, space, inside) => {
      const [name, ...instead] = inside.split("|");
      const value = values[name.trim()] || instead.join("|").trim();
      return value ? space + value : "";
    })
    .trim();

export const uses = (text, name) =>
  [...text.matchAll(PLACEHOLDER)].some(([, , inside]) => inside.split("|")[0].trim() === name);

// What is known of the coupon today.
export function valuesOf(coupon) {
  if (!coupon) return {};
  const last = lastMoment(coupon.ends_at, coupon.timezone);
  const start = wall(coupon.starts_at, coupon.timezone);
  const values = { starts_at: `${start.date} ${start.time}`, ends_at: `${last.date} ${last.time}` };
  return {
    ...values,
    starts_at_local: values.starts_at,
    ends_at_local: values.ends_at,
    coupon_name: coupon.name,
    coupon_code: coupon.code,
    last_day: last.date,
    uses_left: String(coupon.max_redemptions_per_customer ?? ""),
  };
}

import { get } from "./api.js";

const MOST = 500;

// Without entries that are no objects: one broken coupon must not hide the others.
export const whole = (items) => items.filter((item) => item && typeof item === "object");

// A whole list, newest first, as far as anybody looks through it.
export async function listed(path, signal) {
  const found = [];
  let cursor;
  do {
    const page = await get(path, { query: { limit: 100, cursor }, signal });
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor && found.length < MOST);
  return found;
}

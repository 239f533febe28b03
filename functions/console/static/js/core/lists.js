import { get } from "./api.js";

const MOST = 500;

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

import { get } from "./api.js";

// To choose from: newest first, as many as anybody looks through.
export async function allCoupons(signal, most = 500) {
  const found = [];
  let cursor;
  do {
    const page = await get("/v1/coupons", { query: { limit: 100, cursor }, signal });
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor && found.length < most);
  return found;
}

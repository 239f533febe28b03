// What a marketer reads when something is refused.
const SENTENCES = {
  unauthenticated: "This key is not valid, or not any more.",
  scope_missing: "This key may not do that. Managing coupons takes a key with the admin scope.",
  addon_disabled: "The coupon add-on is not switched on for your organisation. Your account manager can switch it on.",
  coupon_not_found: "This coupon does not exist, or belongs to another organisation.",
  not_found: "This does not exist, or not any more.",
  code_taken: "Another coupon already has this code, or one that reads the same.",
  coupon_archived: "This coupon is archived, so it can't be changed any more.",
  too_many_requests: "That was a lot at once. Wait a moment, then try again.",
  try_again: "The service is very busy. Nothing was changed; try again in a moment.",
  outcome_unknown:
    "The service did not answer in time, so it is not known whether this was saved. Load the page again to see it.",
  internal_error: "Something went wrong on our side. Try again; if it stays, tell your account manager.",
  body_too_large: "That is too much text for one request.",
  validation_failed: "Some fields need another look.",
  coupon_disabled: "This coupon is switched off.",
  coupon_expired: "This coupon has expired.",
  coupon_not_started: "This coupon is not valid yet.",
  coupon_not_open: "This coupon is not valid at this time of day.",
  coupon_max_uses_reached: "All uses of this coupon are taken.",
  customer_max_uses_reached: "This customer has used the coupon as often as allowed.",
  customer_period_uses_reached: "This customer has used the coupon as often as allowed for now.",
  unreachable: "The service can't be reached right now. Check your connection, then try again.",
};

export const sentence = (error) => SENTENCES[error?.code] ?? error?.message ?? "Something went wrong.";

export const refusal = (code) => SENTENCES[code];

export const STATUSES = {
  active: "Active",
  scheduled: "Scheduled",
  expired: "Expired",
  disabled: "Disabled",
  sold_out: "Sold out",
  archived: "Archived",
};

export const RECORD_STATUSES = { redeemed: "Redeemed", distributed: "Distributed" };

// As the service counts them: an emoji is one, however many units of UTF-16 it takes.
export const characters = (text) => [...text].length;

export const count = (number) => number.toLocaleString("en");

export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

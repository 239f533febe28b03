// A Distribute Coupon block's settings as the form has them, and as the API does.
import { ANY, CHANNELS, OUTCOMES, channelOf, characters, filled, limitsOf } from "../core/channels.js";
import { dayAndClock } from "../core/times.js";
import { httpsProblem } from "./page_fields.js";

export const blank = { coupon_id: "", channel: "whatsapp", message: "", button_title: "", image_url: "", coupon_expired: "", customer_max_uses_reached: "", coupon_max_uses_reached: "", error: "" };

export const fieldsOf = (block) => ({
  coupon_id: block.coupon_id,
  channel: block.channel ?? "",
  message: block.message ?? "",
  button_title: block.button_title ?? "",
  image_url: block.image_url ?? "",
  ...Object.fromEntries(OUTCOMES.map(([outcome]) => [outcome, block.fallback_flows?.[outcome] ?? ""])),
});

export const body = (values) => ({
  coupon_id: values.coupon_id,
  ...(values.channel ? { channel: values.channel } : {}),
  message: values.message,
  button_title: values.button_title.trim(),
  image_url: values.image_url.trim() || null,
  fallback_flows: Object.fromEntries(OUTCOMES.map(([outcome]) => [outcome, values[outcome].trim() || null])),
});

export const nameOf = (field) => field.replace(/^fallback_flows\./, "");

export const channelOptions = [{ value: "", label: ANY.label }, ...Object.entries(CHANNELS).map(([value, { label }]) => ({ value, label }))];

// `coupon` fills the placeholders, whose words count against the channel's limits too.
export const check = (coupon) => (values) => {
  const { text, button } = limitsOf(values);
  const { label } = channelOf(values.channel);
  const wrong = {};
  if (!values.coupon_id) wrong.coupon_id = "Choose the coupon that this block hands out.";
  const message = filled(values.message, examples(coupon));
  if (!values.message.trim()) wrong.message = "Write the message that comes with the coupon.";
  else if (characters(message) > text) wrong.message = `${label} takes ${text} characters${values.image_url && channelOf(values.channel).textWithImage ? " beside an image" : ""}; this has ${characters(message)}.`;
  const title = filled(values.button_title, examples(coupon)).trim();
  if (!title) wrong.button_title = "Give the button a title.";
  else if (characters(title) > button) wrong.button_title = `${label} takes ${button} characters on a button; this has ${characters(title)}.`;
  if (values.image_url.trim()) wrong.image_url = httpsProblem(values.image_url.trim(), 2000);
  for (const [outcome] of OUTCOMES) if (values[outcome].length > 200) wrong[outcome] = "Use at most 200 characters.";
  return Object.fromEntries(Object.entries(wrong).filter(([, words]) => words));
};

export const examples = (coupon) =>
  coupon
    ? {
        coupon_name: coupon.name,
        coupon_code: coupon.code,
        ends_at: dayAndClock(coupon.ends_at, coupon.timezone),
        uses_left: String(coupon.max_redemptions_per_customer ?? ""),
      }
    : {};

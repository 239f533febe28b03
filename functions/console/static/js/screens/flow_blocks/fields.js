// A Distribute Coupon block's settings as the form has them, and as the API does.
import { ANY, CHANNELS, OUTCOMES, channelOf, imageProblem, limitsOf } from "../../core/channels.js";
import { isOurs } from "../../core/images.js";
import * as placeholders from "../../core/placeholders.js";
import { characters } from "../../core/messages.js";
import { httpsProblem } from "../../core/urls.js";
import { excerpt } from "../../ui/conflict.js";

const LONGEST_FLOW = 200;

export const blank = {
  coupon_id: "",
  channel: "whatsapp",
  message: "",
  button_title: "",
  image_url: "",
  coupon_expired: "",
  customer_max_uses_reached: "",
  coupon_max_uses_reached: "",
  error: "",
};

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
  channel: values.channel || null,
  message: values.message.trim() || null,
  button_title: values.button_title.trim() || null,
  image_url: values.image_url.trim() || null,
  fallback_flows: Object.fromEntries(OUTCOMES.map(([outcome]) => [outcome, values[outcome].trim() || null])),
});

// A block's fields in words, to compare two versions of it.
export const differences = (coupons) => [
  ["Coupon", ({ coupon_id: id }) => coupons.find((each) => each.coupon_id === id)?.name ?? id],
  ["Channel", ({ channel }) => channelOf(channel).label],
  ["Message content", ({ message }) => excerpt(message)],
  ["Button title", ({ button_title: title }) => excerpt(title)],
  ["Image URL", ({ image_url: url }) => excerpt(url)],
  ...OUTCOMES.map(([outcome, label]) => [`Flow after “${label}”`, (block) => excerpt(block[outcome])]),
];

export const nameOf = (field) => field.replace(/^fallback_flows\./, "");

export const channelOptions = [
  { value: "", label: ANY.label },
  ...Object.entries(CHANNELS).map(([value, { label }]) => ({ value, label })),
];

// `coupon` fills the placeholders, whose words count against the channel's limits too.
export const check = (coupon) => (values) => {
  const limits = limitsOf(values);
  const { label, messageBesideImage } = channelOf(values.channel);
  const where = messageBesideImage === limits.message ? `${label} beside an image` : label;
  const wrong = {};
  if (!values.coupon_id) wrong.coupon_id = "Choose the coupon that this block hands out.";
  wrong.message = textProblem(values.message, coupon, limits.message, where);
  wrong.button_title = textProblem(values.button_title, coupon, limits.button, `${label} on a button`);
  const image = values.image_url.trim();
  if (image) wrong.image_url = (isOurs(image) ? "" : httpsProblem(image, 2000)) || imageProblem(values);
  for (const [outcome] of OUTCOMES)
    if (characters(values[outcome].trim()) > LONGEST_FLOW) wrong[outcome] = `Use at most ${LONGEST_FLOW} characters.`;
  return Object.fromEntries(Object.entries(wrong).filter(([, words]) => words));
};

function textProblem(text, coupon, most, where) {
  const { length } = placeholders.filled(text, placeholders.valuesOf(coupon));
  return (
    placeholders.problem(text) || (length > most ? `${where}: ${most} characters at most, and this has ${length}.` : "")
  );
}

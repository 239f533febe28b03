// A redeem page's settings as the form has them, and as the API does.
import { characters } from "../../core/messages.js";
import { httpsProblem } from "../../core/urls.js";
import { excerpt } from "../../ui/conflict.js";

export const LOCALES = [
  { value: "", label: "As the customer's phone" },
  { value: "en", label: "English" },
  { value: "zh-Hant", label: "繁體中文" },
  { value: "zh-Hans", label: "简体中文" },
  { value: "ja", label: "日本語" },
  { value: "th", label: "ไทย" },
  { value: "id", label: "Bahasa Indonesia" },
  { value: "es", label: "Español" },
  { value: "ar", label: "العربية" },
];

export const fieldsOf = (page) => ({
  code_display: page.code_display,
  copy_code_button: page.copy_code_button,
  behavior: page.redeem_button.behavior,
  label: page.redeem_button.label ?? "",
  url: page.redeem_button.url ?? "",
  background_color: page.background_color,
  brand_icon: page.brand_icon ?? null,
  campaign_image: page.campaign_image ?? null,
  terms: page.terms ?? "",
  locale: page.locale ?? "",
});

export const settingsOf = (values) => ({
  code_display: values.code_display,
  copy_code_button: values.copy_code_button,
  redeem_button: {
    behavior: values.behavior,
    label: values.label.trim() || null,
    url: values.behavior === "open_url" ? values.url.trim() : null,
  },
  background_color: values.background_color.toLowerCase(),
  brand_icon: values.brand_icon,
  campaign_image: values.campaign_image,
  terms: values.terms,
  locale: values.locale || null,
});

const CODES = { text: "Text", qr: "QR code", barcode: "Barcode", hidden: "Hidden" };
const BUTTONS = { redeem: "Redeem here", open_url: "Open a web page", none: "No button" };
const image = (id) => (id ? `Image ${id}` : "None");

// A page's fields in words, to compare two versions of it.
export const DIFFERENCES = [
  ["Code on page", (page) => CODES[page.code_display]],
  ["Copy code button", (page) => (page.copy_code_button ? "On" : "Off")],
  ["Redeem button", (page) => BUTTONS[page.behavior]],
  ["Button label", (page) => excerpt(page.label)],
  ["Web page", (page) => excerpt(page.url)],
  ["Page background", (page) => page.background_color],
  ["Brand icon", (page) => image(page.brand_icon)],
  ["Campaign image", (page) => image(page.campaign_image)],
  ["Terms and conditions", (page) => excerpt(page.terms)],
  ["Language", (page) => LOCALES.find(({ value }) => value === page.locale)?.label ?? page.locale],
];

// The API's name of a field → the form's.
export const nameOf = (field) => field.replace(/^redeem_button\.?/, "") || "url";

export function check(values) {
  const wrong = {};
  if (characters(values.label.trim()) > 40) wrong.label = "Use at most 40 characters.";
  if (values.behavior === "open_url") wrong.url = httpsProblem(values.url.trim(), 2000);
  if (!/^#[0-9a-f]{6}$/i.test(values.background_color))
    wrong.background_color = "Write the colour as # and six digits, such as #ffd60a.";
  if (characters(values.terms) > 10_000) wrong.terms = "Use at most 10,000 characters.";
  return Object.fromEntries(Object.entries(wrong).filter(([, words]) => words));
}

// The error of a form as a whole.
import { html } from "../core/preact.js";
import { sentence } from "../core/messages.js";
import { Notice } from "./async_states.js";

// Fields that show their own error. The form shows every other one.
const SHOWN = [
  "name",
  "code",
  "starts_at",
  "ends_at",
  "timezone",
  "valid_for",
  "hours",
  "period_limit",
  "max_redemptions",
  "max_redemptions_per_customer",
];

export function FormErrors({ form, shown = SHOWN }) {
  if (!form.failure) return null;
  const elsewhere = Object.entries(form.refused).filter(([field]) => !shown.includes(field.split(".")[0]));
  if (Object.keys(form.failure.fields ?? {}).length && !elsewhere.length) return null;
  return html`<${Notice} kind="alert">${elsewhere.length ? elsewhere.map(([field, words]) => html`<p key=${field}>${field}: ${words}</p>`) : sentence(form.failure)}<//>`;
}

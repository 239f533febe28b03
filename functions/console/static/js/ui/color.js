import { html } from "../core/preact.js";
import { Field } from "./fields.js";

const SWATCHES = [
  "#ffffff",
  "#f6f1e7",
  "#fde8e4",
  "#e6f4ea",
  "#e5effd",
  "#ffd60a",
  "#d7263d",
  "#1b4332",
  "#14213d",
  "#111318",
];

export function ColorField({ form, name, label, hint }) {
  const value = form.values[name];
  const isColor = /^#[0-9a-f]{6}$/i.test(value);
  const pick = (color) => form.set(name, color.toLowerCase());
  return html`
    <${Field} form=${form} name=${name} label=${label} hint=${hint}>
      ${(control) => html`
        <div class="color">
          <input type="color" aria-label="${label}: pick a colour" value=${isColor ? value : "#ffffff"} onInput=${(event) => pick(event.currentTarget.value)} />
          <input ...${control} class="mono" type="text" value=${value} maxlength="7" autocomplete="off" spellcheck=${false}
            onInput=${(event) => form.set(name, written(event.currentTarget.value))} onBlur=${() => form.left(name)} />
          <div class="swatches" role="group" aria-label="${label}: suggestions">
            ${SWATCHES.map((color) => html`<button key=${color} type="button" class="swatch" aria-label=${color} title=${color} aria-pressed=${color === value.toLowerCase()} onClick=${() => pick(color)}><svg viewBox="0 0 1 1" aria-hidden="true"><rect width="1" height="1" fill=${color} /></svg></button>`)}
          </div>
        </div>`}
    <//>`;
}

const written = (typed) => {
  const digits = typed.trim();
  return digits && !digits.startsWith("#") ? `#${digits}` : digits;
};

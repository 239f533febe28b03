// Form fields: a label, a hint, what is wrong beside it, each tied to its control for those who can't see it.
import { html, useId } from "../core/preact.js";
import { characters, count } from "../core/messages.js";
import { Icon } from "./icons.js";

const NEARLY_FULL = 0.6;

export function Field({ form, name, label, hint, isOptional, children, length, max }) {
  const id = useId();
  const error = name ? form.errorOf(name) : undefined;
  const described = [hint && `${id}-hint`, max && `${id}-length`, error && `${id}-error`].filter(Boolean).join(" ");
  const control = { id, "aria-describedby": described || undefined, "aria-invalid": error ? "true" : undefined };
  return html`
    <div class="field" data-invalid=${Boolean(error)}>
      <div class="field-head">
        <label for=${id}>${label}${isOptional && html` <span class="optional">optional</span>`}</label>
        ${max && html`<span id="${id}-length" class="length" data-over=${length > max}>${count(length)} / ${count(max)}<span class="unseen"> characters</span></span>`}
      </div>
      ${children(control)}
      ${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
      ${error && html`<${Wrong} id="${id}-error">${error}<//>`}
    </div>`;
}

export const Wrong = ({ id, children }) =>
  html`<p class="wrong" id=${id}><${Icon} name="alert" size=${15} />${children}</p>`;

export function TextField({ form, name, label, hint, isOptional, max, rows, onInput, ...rest }) {
  const value = form.values[name] ?? "";
  const input = (event) => (onInput ?? ((typed) => form.set(name, typed)))(event.currentTarget.value);
  const length = characters(value);
  // How much room is left is of interest only where it gets scarce.
  const shownMax = length > max * NEARLY_FULL ? max : undefined;
  return html`
    <${Field} form=${form} name=${name} label=${label} hint=${hint} isOptional=${isOptional} length=${length} max=${shownMax}>
      ${(control) =>
        rows
          ? html`<textarea ...${control} ...${rest} rows=${rows} value=${value} onInput=${input} onBlur=${() => form.left(name)}></textarea>`
          : html`<input type="text" autocomplete="off" ...${control} ...${rest} value=${value} onInput=${input} onBlur=${() => form.left(name)} />`}
    <//>`;
}

export const SelectField = ({ form, name, label, hint, isOptional, options, ...rest }) => html`
  <${Field} form=${form} name=${name} label=${label} hint=${hint} isOptional=${isOptional}>
    ${(control) => html`
      <select ...${control} ...${rest} value=${form.values[name] ?? ""} onChange=${(event) => form.set(name, event.currentTarget.value)} onBlur=${() => form.left(name)}>
        ${options.map(({ value, label: words, isDisabled }) => html`<option key=${value} value=${value} disabled=${isDisabled} selected=${value === (form.values[name] ?? "")}>${words}</option>`)}
      </select>`}
  <//>`;

export function Switch({ label, hint, isOn, onChange, isDisabled }) {
  const id = useId();
  return html`
    <div class="switch-row">
      <label class="switch">
        <input type="checkbox" role="switch" checked=${isOn} disabled=${isDisabled} aria-describedby=${hint ? `${id}-hint` : undefined} onChange=${(event) => onChange(event.currentTarget.checked)} />
        <span class="switch-track" aria-hidden="true"></span>
        <span>${label}</span>
      </label>
      ${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
    </div>`;
}

// A handful of choices, each with a sentence or a picture.
export function Choices({ legend, hint, isLegendUnseen, value, options, onChange, columns }) {
  const name = useId();
  return html`
    <fieldset class="choices" data-columns=${columns ?? options.length}>
      <legend class=${isLegendUnseen ? "unseen" : ""}>${legend}</legend>
      ${options.map(
        (option) => html`
          <label class="choice" key=${option.value}>
            <input type="radio" name=${name} value=${option.value} checked=${value === option.value} onChange=${() => onChange(option.value)} />
            ${option.icon && html`<${Icon} name=${option.icon} size=${20} />`}
            <span class="choice-words"><span>${option.label}</span>${option.hint && html`<small>${option.hint}</small>`}</span>
          </label>`,
      )}
      ${hint && html`<p class="hint">${hint}</p>`}
    </fieldset>`;
}

// A switch between views: small, in one row.
export function Segments({ label, value, options, onChange }) {
  const name = useId();
  return html`
    <fieldset class="segments">
      <legend class="unseen">${label}</legend>
      ${options.map(
        (option) => html`
          <label class="segment" key=${option.value} title=${option.title}>
            <input type="radio" name=${name} value=${option.value} checked=${value === option.value} onChange=${() => onChange(option.value)} aria-label=${option.title} />
            <span>${option.icon ? html`<${Icon} name=${option.icon} size=${16} />` : option.label}</span>
          </label>`,
      )}
    </fieldset>`;
}

// The three optional rows under the active period, each with a sentence that says it in words.
import { html, useId, useMemo } from "../../core/preact.js";
import {
  DAYS,
  DAY_NAMES,
  hoursWords,
  openingExample,
  ownEndExample,
  periodWords,
  validForWords,
} from "../../core/coupon_rules.js";
import { Button, IconButton } from "../../ui/controls.js";
import { Field, Wrong } from "../../ui/fields.js";
import { check, endOf, startOf } from "./coupon_fields.js";
import { hoursOf, MOST_WINDOWS, nextWindow, periodLimitOf, validForOf } from "./rule_fields.js";

const UNITS = [
  ["hours", "hours after receipt"],
  ["days", "days after receipt"],
];
const PERIODS = [
  ["day", "a day"],
  ["week", "a week"],
  ["month", "a month"],
];

export function RuleRows({ form }) {
  const { values } = form;
  const wrong = check(values);
  const isPeriodRight = !wrong.timezone && !wrong.starts_at && !wrong.ends_at;
  const period = isPeriodRight && {
    starts_at: startOf(values),
    ends_at: endOf(values),
    timezone: values.timezone,
  };
  return html`
    <${NumberAndUnit} form=${form} name="valid_for" unit="valid_for_unit" label="Valid for each customer" unitLabel="Valid for: unit"
      options=${UNITS} placeholder="No own end" words=${!wrong.valid_for && ownEndWords(validForOf(values), period)} />
    <${Hours} form=${form} isRight=${!wrong.hours} period=${period} />
    <${NumberAndUnit} form=${form} name="period_limit" unit="period_per" label="Redemptions per day, week or month" unitLabel="Period"
      options=${PERIODS} placeholder="No limit" words=${!wrong.period_limit && periodWords(periodLimitOf(values), values.timezone)} />`;
}

const ownEndWords = (validFor, period) =>
  [validForWords(validFor), validFor && period && ownEndExample(validFor, period)].filter(Boolean).join(" ");

const NumberAndUnit = ({ form, name, unit, label, unitLabel, options, placeholder, words }) => html`
  <${Field} form=${form} name=${name} label=${label} hint=${words} isOptional>
    ${(control) => html`
      <div class="number-unit">
        <input ...${control} type="text" inputmode="numeric" autocomplete="off" class="number" placeholder=${placeholder} value=${form.values[name]}
          onInput=${(event) => form.set(name, event.currentTarget.value)} onBlur=${() => form.left(name)} />
        <select aria-label=${unitLabel} value=${form.values[unit]} onChange=${(event) => form.set(unit, event.currentTarget.value)}>
          ${options.map(([key, text]) => html`<option key=${key} value=${key} selected=${key === form.values[unit]}>${text}</option>`)}
        </select>
      </div>`}
  <//>`;

function Hours({ form, isRight, period }) {
  const id = useId();
  const windows = form.values.hours;
  const error = form.errorOf("hours");
  // Up to 1,440 quarter hours are looked at.
  const opening = useMemo(
    () => (isRight && windows.length && period ? openingExample(hoursOf(form.values), period) : ""),
    [windows, ...Object.values(period || {})],
  );
  const save = (next) => form.set("hours", next);
  const change = (index, part) => save(windows.map((each, at) => (at === index ? { ...each, ...part } : each)));
  return html`
    <fieldset class="hours" data-invalid=${Boolean(error)} aria-describedby=${error ? `${id}-hint ${id}-error` : `${id}-hint`}>
      <legend>Opening hours <span class="optional">optional</span></legend>
      ${windows.map(
        (window, index) => html`
          <${Window} key=${index} window=${window} number=${index + 1} isWrong=${Boolean(error)} onChange=${(part) => change(index, part)} onLeave=${() => form.left("hours")}
            onRemove=${() => save(windows.filter((_, at) => at !== index))} />`,
      )}
      ${windows.length < MOST_WINDOWS && html`<${Button} icon="plus" onClick=${() => save([...windows, nextWindow(windows)])}>Add hours<//>`}
      <p class="hint" id="${id}-hint">${isRight && hoursWords(hoursOf(form.values), form.values.timezone)} ${opening}</p>
      ${error && html`<${Wrong} id="${id}-error">${error}<//>`}
    </fieldset>`;
}

const Window = ({ window, number, isWrong, onChange, onLeave, onRemove }) => html`
  <div class="window" role="group" aria-label=${`Hours ${number}`}>
    <div class="days">
      ${DAYS.map(
        (day, index) => html`
          <label class="day" key=${day}>
            <input type="checkbox" checked=${window.days.includes(day)} aria-label=${DAY_NAMES[index]}
              onChange=${(event) => onChange({ days: event.currentTarget.checked ? [...window.days, day] : window.days.filter((each) => each !== day) })} />
            <span aria-hidden="true">${DAY_NAMES[index].slice(0, 2)}</span>
          </label>`,
      )}
    </div>
    <div class="from-until">
      ${["from", "until"].map(
        (part) => html`
          ${part === "until" && html`<span>to</span>`}
          <input key=${part} type="time" step="900" required aria-label=${`Hours ${number}: ${part}`} aria-invalid=${isWrong ? "true" : undefined} value=${window[part]}
            onInput=${(event) => onChange({ [part]: event.currentTarget.value })} onBlur=${onLeave} />`,
      )}
      <${IconButton} icon="close" label=${`Remove hours ${number}`} onClick=${onRemove} />
    </div>
  </div>`;

// Create and edit: the same fields in the same order, with what they amount to beside them.
import { html, useEffect, useMemo, useState } from "../../core/preact.js";
import { get } from "../../core/api.js";
import * as codes from "../../core/codes.js";
import { whole } from "../../core/lists.js";
import { useDebounced } from "../../core/resource.js";
import { browserZone, offsetName, zoneName, zones } from "../../core/times.js";
import { Choices, Field, SelectField, Switch, TextField, Wrong } from "../../ui/fields.js";
import { Icon } from "../../ui/icons.js";
import { SafeCard } from "../../ui/boundary.js";
import { Summary } from "./coupon_summary.js";
import { RuleRows } from "./rule_rows.js";

// `coupon`: the one that is edited; none for a new one. `footer` has the buttons.
export function CouponForm({ form, coupon, onSubmit, notices, footer }) {
  return html`
    <form class="split" ref=${form.element} onSubmit=${onSubmit} novalidate aria-label=${coupon ? "Coupon details" : "New coupon"}>
      <div class="split-main">
        ${notices}
        <section class="card section">
          <h2>Basics</h2>
          <${TextField} form=${form} name="name" label="Name" max=${100} hint="Shown in lists and, as a title, to customers" autofocus=${!coupon} />
          ${coupon ? html`<${FixedCode} code=${coupon.code} />` : html`<${CodeField} form=${form} />`}
        </section>
        <section class="card section">
          <h2>Active period</h2>
          <p class="section-lead">Outside of it the coupon can't be redeemed.</p>
          <${Switch} label="Whole days" isOn=${form.values.whole_days} onChange=${(isOn) => form.set("whole_days", isOn)} />
          <div class="pair">
            <${DateField} form=${form} name="starts_at" part="start" label="Starts" />
            <${DateField} form=${form} name="ends_at" part="end" label=${form.values.whole_days ? "Ends, this day included" : "Ends"} />
          </div>
          <${ZoneField} form=${form} />
          <${RuleRows} form=${form} />
        </section>
        <section class="card section">
          <h2>Limits</h2>
          <div class="pair">
            <${LimitField} form=${form} name="max_redemptions" label="Overall redemption limit" hint="How often the coupon can be redeemed in all" />
            <${LimitField} form=${form} name="max_redemptions_per_customer" label="Redemptions per customer" hint="How often each customer can redeem it" />
          </div>
        </section>
        <section class="card section">
          <h2>Availability</h2>
          <${Switch} label="Active" isOn=${form.values.active} onChange=${(isOn) => form.set("active", isOn)}
            hint="Switched off, the coupon is neither handed out nor redeemed, whatever its period." />
        </section>
        ${footer}
      </div>
      <${SafeCard} what="summary" at=${form.values}><${Summary} values=${form.values} used=${coupon?.times_redeemed} /><//>
    </form>`;
}

const FixedCode = ({ code }) => html`
  <div class="field">
    <span class="label">Code</span>
    <p class="fixed"><code>${code}</code></p>
    <p class="hint">Customers have it already, so it stays. For another code, create a copy.</p>
  </div>`;

function CodeField({ form }) {
  const { code, code_kind: kind } = form.values;
  const settled = useDebounced(code, 350);
  const state = useAvailability(kind === "typed" ? settled : "");
  const isTyped = kind === "typed";
  return html`
    <${Choices} legend="Code" value=${kind} onChange=${(value) => form.set("code_kind", value)} options=${[
      { value: "generated", label: "Generate", hint: "Hard to guess, easy to read" },
      { value: "typed", label: "Choose my own", hint: "Such as SUMMER20" },
    ]} />
    ${
      isTyped &&
      html`<${Field} form=${form} name="code" label="Your code" length=${code.length} max=${40}>
      ${(control) => html`
        <input ...${control} class="mono" type="text" value=${code} autocomplete="off" autocapitalize="characters" spellcheck=${false}
          onInput=${(event) => {
            form.set("code", event.currentTarget.value.trim());
            form.visit("code");
          }} />
        <p class="availability" role="status">${!codes.problem(code) && code === settled && !form.errorOf("code") && html`<${Availability} state=${state} />`}</p>`}
    <//>`
    }`;
}

const Availability = ({ state }) =>
  ({
    free: html`<span class="good"><${Icon} name="check" size=${15} />Free</span>`,
    taken: html`<${Wrong}>Another coupon has this code, or one that reads the same.<//>`,
    asking: html`<span class="hint">Checking…</span>`,
  })[state] ?? null;

// The service has the last word when the coupon is created; this only saves the marketer the way.
function useAvailability(code) {
  const [state, setState] = useState("");
  useEffect(() => {
    if (codes.problem(code)) return setState("");
    const control = new AbortController();
    setState("asking");
    get("/v1/coupons", { query: { q: code, limit: 100 }, signal: control.signal }).then(
      ({ items }) =>
        setState(
          whole(items).some(
            (coupon) => coupon.status !== "archived" && codes.canonical(String(coupon.code)) === codes.canonical(code),
          )
            ? "taken"
            : "free",
        ),
      () => setState(""),
    );
    return () => control.abort();
  }, [code]);
  return state;
}

const DateField = ({ form, name, part, label }) => html`
  <${Field} form=${form} name=${name} label=${label}>
    ${(control) => html`
      <div class="moment">
        <input ...${control} type="date" value=${form.values[`${part}_date`]} min="1971-01-01" max="8999-12-31" required
          onInput=${(event) => (form.set(`${part}_date`, event.currentTarget.value), form.visit(name))} />
        ${
          !form.values.whole_days &&
          html`<input type="time" aria-label="${label}: time" value=${form.values[`${part}_time`]} required
          onInput=${(event) => (form.set(`${part}_time`, event.currentTarget.value), form.visit(name))} />`
        }
      </div>`}
  <//>`;

function ZoneField({ form }) {
  const options = useMemo(() => {
    const named = zones().map((zone) => ({
      value: zone,
      label: `${zone.replaceAll("_", " ").replaceAll("/", " / ")} (${offsetName(zone)})`,
    }));
    const known = zones().includes(form.values.timezone)
      ? []
      : [{ value: form.values.timezone, label: form.values.timezone }];
    const own =
      browserZone === "UTC"
        ? []
        : [{ value: browserZone, label: `${zoneName(browserZone)}, where you are (${offsetName(browserZone)})` }];
    return [...own, ...known, ...named.filter(({ value }) => !own.length || value !== browserZone)];
  }, []);
  return html`<${SelectField} form=${form} name="timezone" label="Time zone" options=${options} hint="Days begin and end at midnight there, daylight saving included" />`;
}

const LimitField = ({ form, name, label, hint }) => html`
  <${TextField} form=${form} name=${name} label=${label} hint=${hint} isOptional inputmode="numeric" placeholder="No limit" class="number" />`;

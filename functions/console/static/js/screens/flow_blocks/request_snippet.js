// The request that a flow builder sends: ready to paste, and tried out from here.
import { html, useState } from "../../core/preact.js";
import { ApiError, post } from "../../core/api.js";
import { uses } from "../../core/placeholders.js";
import { refusal, sentence } from "../../core/messages.js";
import { Button, Copy } from "../../ui/controls.js";
import { Field, Segments } from "../../ui/fields.js";
import { useForm } from "../../ui/form.js";
import { Notice } from "../../ui/async_states.js";
import { announce } from "../../ui/toasts.js";

const HEADERS = "Authorization: Bearer YOUR_DISTRIBUTE_KEY\nContent-Type: application/json";
const ANSWERS = [
  "outcome",
  "reason",
  "redeem_url",
  "message",
  "button_title",
  "image_url",
  "coupon_code",
  "coupon_name",
  "ends_at_local",
  "uses_left",
  "next_flow",
];

export function Request({ block, isDirty }) {
  const [style, setStyle] = useState("double");
  if (!block) {
    return html`<section class="card section request" aria-labelledby="request-title"><h2 id="request-title">Request for your flow builder</h2><p class="section-lead">Create the block, and the request to paste appears here.</p></section>`;
  }
  const variable = (name) => (style === "double" ? `{{${name}}}` : `{${name}}`);
  const named = [block.message, block.button_title].some((text) => uses(text ?? "", "customer_name"));
  const variables = ["customer_id", "inbox_id", ...(named ? ["customer_name"] : [])];
  const body = JSON.stringify(
    { block_id: block.block_id, ...Object.fromEntries(variables.map((name) => [name, variable(name)])) },
    null,
    2,
  );
  const address = `${location.origin}/v1/flow/distribute`;
  return html`
    <section class="card section request" aria-labelledby="request-title">
      <h2 id="request-title">Request for your flow builder</h2>
      <p class="section-lead">Paste it into a Call API block (method POST) and save the answer's values by name.</p>
      <${Paste} label="URL" text=${address} method="POST" />
      <${Paste} label="Headers" text=${HEADERS} />
      <p class="hint">Use a key with the distribute scope only: whoever can see the flow can see it.</p>
      <${Paste} label="Body" text=${body} aside=${html`<${Segments} label="How your builder writes variables" value=${style} onChange=${setStyle} options=${[
        { value: "double", label: "{{ }}" },
        { value: "single", label: "{ }" },
      ]} />`} />
      <p class="hint">Put your builder's own variables for the customer and the inbox in place of these names.</p>
      <details class="answers"><summary>What comes back</summary><p>Texts only, each under its name: ${ANSWERS.map((name, at) => html`${at ? ", " : ""}<code>${name}</code>`)}. Branch on <code>outcome</code>.</p></details>
      <${Test} block=${block} isDirty=${isDirty} />
    </section>`;
}

const Paste = ({ label, text, method, aside }) => html`
  <div class="paste">
    <div class="paste-head"><span class="label">${label}</span>${aside}<${Copy} text=${text} label=${label.toLowerCase()} words="Copy" kind="quiet" /></div>
    <pre tabindex="0" role="group" aria-label=${label}>${method && html`<b>${method}</b> `}${text}</pre>
  </div>`;

function Test({ block, isDirty }) {
  const [answer, setAnswer] = useState(null);
  const form = useForm({
    saved: { customer_id: "test-customer" },
    check: ({ customer_id }) => (customer_id.trim() ? {} : { customer_id: "Enter a customer's id." }),
  });
  const send = form.submit(async ({ customer_id }) => {
    setAnswer(null);
    const started = performance.now();
    const given = await post("/v1/flow/distribute", { block_id: block.block_id, customer_id }).catch((error) => {
      if (error instanceof ApiError && error.members.outcome) return error.members;
      throw error;
    });
    setAnswer({ given, ms: Math.round(performance.now() - started) });
    announce(`Outcome: ${given.outcome}`);
  });
  return html`
    <form class="test" ref=${form.element} onSubmit=${send} novalidate aria-label="Test the request">
      <${Field} form=${form} name="customer_id" label="Test as customer" hint="Makes a real record: the coupon counts as handed out to this customer.">
        ${(
          control,
        ) => html`<div class="input-group"><input ...${control} type="text" maxlength="200" autocomplete="off" value=${form.values.customer_id} onInput=${(event) => form.set("customer_id", event.currentTarget.value)} />
          <${Button} type="submit" icon="play" isBusy=${form.isSaving}>Test the request<//></div>`}
      <//>
      ${isDirty && html`<p class="hint">Tests what is saved, without your unsaved changes.</p>`}
      ${form.failure && html`<${Notice} kind="alert">${sentence(form.failure)}<//>`}
      ${answer && html`<${Outcome} ...${answer} />`}
    </form>`;
}

function Outcome({ given, ms }) {
  const words = refusal(given.reason) ?? refusal(given.outcome);
  return html`
  <div class="outcome" data-good=${given.outcome === "distributed"}>
    <p><b>${given.outcome}</b> <span class="hint">${given.reason} · ${ms} ms</span></p>
    ${words && html`<p>${words}</p>`}
    ${given.redeem_url && html`<p class="outcome-link"><a href=${given.redeem_url} target="_blank" rel="noopener">Open the redeem page</a><${Copy} text=${given.redeem_url} label="redeem link" /></p>`}
    <pre tabindex="0" role="group" aria-label="Answer">${JSON.stringify(given, null, 2)}</pre>
  </div>`;
}

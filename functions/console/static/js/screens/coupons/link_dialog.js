// A link for one customer, as a flow would give it: to try the page out, or to send by hand.
import { html, useState } from "../../core/preact.js";
import { post } from "../../core/api.js";
import { useForm } from "../../ui/form.js";
import { refusal, sentence } from "../../core/messages.js";
import { Button, Copy, LinkButton } from "../../ui/controls.js";
import { Dialog } from "../../ui/dialog.js";
import { TextField } from "../../ui/fields.js";
import { Notice } from "../../ui/async_states.js";
import { announce } from "../../ui/toasts.js";

const REASONS = {
  coupon_disabled: "The coupon is disabled, so it is not handed out.",
  coupon_not_found: "The coupon does not exist any more.",
  customer_missing: "The service needs the customer's id.",
  addon_disabled: refusal("addon_disabled"),
};

export function LinkDialog({ coupon, onClose }) {
  const [given, setGiven] = useState(null);
  const form = useForm({
    saved: { customer_id: "", inbox_id: "" },
    check: ({ customer_id }) => (customer_id.trim() ? {} : { customer_id: "Enter the customer's id." }),
  });
  const ask = form.submit(async ({ customer_id, inbox_id }) => {
    setGiven(null);
    const body = { coupon_id: coupon.coupon_id, customer_id, ...(inbox_id.trim() ? { inbox_id } : {}) };
    const answer = await post("/v1/flow/distribute", body);
    setGiven(answer);
    form.settle(form.values);
    announce(answer.redeem_url ? "The link is ready" : "No link");
  });
  return html`
    <${Dialog} title="Link for a customer" onClose=${onClose}>
      <p>Everyone gets a link of their own. This one counts as handed out, as if a flow had sent it; the same customer always gets the same link.</p>
      <form class="stack" ref=${form.element} onSubmit=${ask} novalidate>
        <${TextField} form=${form} name="customer_id" label="Customer ID" hint="As your chat platform knows the customer" maxlength="200" autofocus />
        <${TextField} form=${form} name="inbox_id" label="Inbox ID" isOptional maxlength="200" />
        ${form.failure && html`<${Notice} kind="alert">${sentence(form.failure)}<//>`}
        ${given && html`<${Given} answer=${given} />`}
        <div class="dialog-actions">
          <${Button} onClick=${onClose}>Close<//>
          <${Button} kind=${given?.redeem_url ? "plain" : "primary"} type="submit" icon="link" isBusy=${form.isSaving}>Get link<//>
        </div>
      </form>
    <//>`;
}

function Given({ answer }) {
  const { redeem_url: url, outcome, reason } = answer;
  if (!url) {
    return html`<${Notice} kind="alert">${REASONS[reason] ?? refusal(reason) ?? refusal(outcome) ?? "The coupon could not be handed out."}<//>`;
  }
  return html`
    <div class="given">
      <label class="unseen" for="given-link">Link</label>
      <input id="given-link" class="mono" readonly value=${url} onFocus=${(event) => event.currentTarget.select()} />
      <div class="given-actions">
        <${Copy} text=${url} label="link" words="Copy link" kind="primary" />
        <${LinkButton} href=${url} target="_blank" rel="noopener">Open<//>
      </div>
    </div>`;
}

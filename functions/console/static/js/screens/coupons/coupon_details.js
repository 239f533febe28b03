// Editing a coupon. After a concurrent change by another user, both versions are shown and the marketer decides.
import { html, useEffect, useState } from "../../core/preact.js";
import { get, patch } from "../../core/api.js";
import { useForm } from "../../ui/form.js";
import { period, zoneName } from "../../core/times.js";
import { hoursBrief, periodBrief, validForBrief } from "../../core/coupon_rules.js";
import { count, sentence } from "../../core/messages.js";
import { Button } from "../../ui/controls.js";
import { Notice } from "../../ui/async_states.js";
import { toast } from "../../ui/toasts.js";
import { changes, check, fieldsOf } from "./coupon_fields.js";
import { CouponForm } from "./coupon_form.js";
import { Conflict } from "../../ui/conflict.js";
import { FormErrors } from "../../ui/form_errors.js";

export function Details({ coupon, onChanged }) {
  const [opened, setOpened] = useState(coupon);
  const [theirs, setTheirs] = useState(null);
  const form = useForm({ saved: fieldsOf(opened), check, draft: `coupon.${coupon.coupon_id}.${opened.version}` });
  // Looking again shows a newer version: with nothing typed it is simply taken.
  useEffect(() => {
    if (coupon.version > opened.version && !form.isDirty && !form.isSaving && !theirs) {
      setOpened(coupon);
      form.reset(fieldsOf(coupon));
    }
  }, [coupon.version]);

  const save = form.submit(async (values) => {
    try {
      const changed = await patch(`/v1/coupons/${coupon.coupon_id}`, {
        ...changes(values, form.base),
        version: opened.version,
      });
      setOpened(changed);
      form.settle(fieldsOf(changed), values);
      onChanged(changed);
      toast("Saved");
    } catch (error) {
      if (error.status === 412) return setTheirs(await get(`/v1/coupons/${coupon.coupon_id}`));
      if (error.code === "limit_below_used") error.fields = { max_redemptions: belowUsed(error.members) };
      throw error;
    }
    return undefined;
  });
  const adopt = (keepsMine) => {
    setOpened(theirs);
    onChanged(theirs);
    form.rebase(fieldsOf(theirs), keepsMine);
    setTheirs(null);
  };

  if (coupon.status === "archived") return html`<${Archived} coupon=${coupon} />`;
  return html`
    <${CouponForm} form=${form} coupon=${opened} onSubmit=${save}
      notices=${html`
        ${form.wasRestored && !theirs && html`<${Notice} action=${html`<${Button} onClick=${() => form.reset()}>Discard<//>`}>These are your unsaved changes from before the page was loaded again.<//>`}
        ${
          theirs &&
          html`<${Conflict} what="coupon" before=${opened} theirs=${theirs} fields=${Object.values(LABELS)}
          more=${theirs.status === "archived" && "They archived it."} onTheirs=${() => adopt(false)}
          onMine=${theirs.status !== "archived" && (() => adopt(true))} />`
        }`}
      footer=${html`
        <${FormErrors} form=${form} />
        <div class="form-actions">
          <${Button} kind="primary" type="submit" isBusy=${form.isSaving} disabled=${!form.isDirty || Boolean(theirs)}>Save changes<//>
          ${form.isDirty && html`<${Button} onClick=${() => form.reset()}>Discard<//>`}
        </div>`} />`;
}

const belowUsed = ({ times_redeemed: used }) =>
  used === undefined
    ? sentence({ code: "limit_below_used" })
    : `${count(used)} are redeemed already, so the limit can't be lower than that.`;

const LABELS = {
  name: ["Name", (coupon) => coupon.name],
  period: ["Active period", (coupon) => `${period(coupon).from} – ${period(coupon).to}, ${zoneName(coupon.timezone)}`],
  hours: ["Opening hours", (coupon) => hoursBrief(coupon.hours) || "Any time"],
  valid_for: ["Valid for each customer", (coupon) => validForBrief(coupon.valid_for) || "No own end"],
  period_limit: ["Per day, week or month", (coupon) => periodBrief(coupon.period_limit) || "No limit"],
  max_redemptions: [
    "Overall limit",
    (coupon) => (coupon.max_redemptions === null ? "No limit" : count(coupon.max_redemptions)),
  ],
  max_redemptions_per_customer: ["Per customer", (coupon) => coupon.max_redemptions_per_customer ?? "No limit"],
  active: ["Active", (coupon) => (coupon.active ? "On" : "Off")],
};

const Archived = ({ coupon }) => html`
  <div class="card section">
    <${Notice}>This coupon is archived: its links lead nowhere and it can't be changed. Its records stay readable.<//>
    <dl class="facts">${Object.values(LABELS).map(([label, words]) => html`<dt>${label}</dt><dd>${words(coupon)}</dd>`)}</dl>
  </div>`;

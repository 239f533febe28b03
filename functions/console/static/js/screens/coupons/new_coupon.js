import { html, useMemo } from "../../core/preact.js";
import { get, idempotencyKeys, post } from "../../core/api.js";
import { useForm } from "../../ui/form.js";
import { useResource } from "../../core/resource.js";
import { go, href } from "../../core/router.js";
import { sentence } from "../../core/messages.js";
import { Button, LinkButton } from "../../ui/controls.js";
import { Page } from "../../ui/page.js";
import { Loaded, Notice } from "../../ui/async_states.js";
import { FormErrors } from "../../ui/form_errors.js";
import { toast } from "../../ui/toasts.js";
import { blank, body, check, copyOf } from "./coupon_fields.js";
import { CouponForm } from "./coupon_form.js";

// `from`: the coupon that the new one starts as a copy of.
export function NewCoupon({ from }) {
  const source = useResource(
    (signal) => (from ? get(`/v1/coupons/${from}`, { signal }) : Promise.resolve(null)),
    [from],
  );
  return html`
    <${Page} wide title=${from ? "Copy of a coupon" : "Create coupon"}
      above=${html`<nav class="crumbs" aria-label="Breadcrumb"><a href=${href("/coupons")}>Coupons</a></nav>`}>
      <${Loaded} resource=${source} what="the coupon">${(coupon) => html`<${Create} source=${coupon} />`}<//>
    <//>`;
}

function Create({ source }) {
  const form = useForm({ saved: source ? copyOf(source) : blank(), check, draft: `new.${source?.coupon_id ?? ""}` });
  const keyOf = useMemo(idempotencyKeys, []);
  const save = form.submit(async (values) => {
    try {
      const coupon = await post("/v1/coupons", body(values), { idempotencyKey: keyOf(body(values)) });
      form.settle(values);
      toast(`${coupon.name} is created. Now design its page.`);
      await go(`/coupons/${coupon.coupon_id}/redeem-page`, {}, { replace: true });
    } catch (error) {
      if (error.code === "code_taken") error.fields = { code: sentence(error) };
      throw error;
    }
  });
  return html`
    <${CouponForm} form=${form} onSubmit=${save}
      notices=${form.wasRestored && html`<${Notice} action=${html`<${Button} onClick=${() => form.reset()}>Start over<//>`}>This is what you had typed before the page was loaded again.<//>`}
      footer=${html`
        <${FormErrors} form=${form} />
        <div class="form-actions">
          <${Button} kind="primary" type="submit" isBusy=${form.isSaving}>Create coupon<//>
          <${LinkButton} href=${href("/coupons")}>Cancel<//>
        </div>`} />`;
}

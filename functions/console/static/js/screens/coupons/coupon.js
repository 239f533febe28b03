// One coupon: its page, its records, its details, each at an address of its own.
import { html, useState } from "../../core/preact.js";
import { get } from "../../core/api.js";
import { useResource, useReturns } from "../../core/resource.js";
import { href } from "../../core/router.js";
import { Button, Copy } from "../../ui/controls.js";
import { Menu } from "../../ui/menu.js";
import { Page } from "../../ui/page.js";
import { Badge } from "../../ui/usage.js";
import { Loaded } from "../../ui/async_states.js";
import { actionsOf } from "./coupon_actions.js";
import { Details } from "./coupon_details.js";
import { LinkDialog } from "./link_dialog.js";
import { Records } from "./records.js";
import { RedeemPage } from "../redeem_page/editor.js";

const TABS = [
  ["redeem-page", "Redeem page", RedeemPage],
  ["records", "Redemption records", Records],
  ["details", "Details", Details],
];

export function CouponFrame({ id, tab }) {
  const [isLinking, setIsLinking] = useState(false);
  const resource = useResource((signal) => get(`/v1/coupons/${id}`, { signal }), [id, tab]);
  useReturns(resource.reload);
  const coupon = resource.data;
  const [, label, Content] = TABS.find(([name]) => name === tab);
  const address = (name) => href(`/coupons/${id}${name === "details" ? "" : `/${name}`}`);
  return html`
    <${Page} wide title=${coupon?.name ?? "Coupon"} windowTitle=${coupon && `${label}: ${coupon.name}`}
      above=${html`<nav class="crumbs" aria-label="Breadcrumb"><a href=${href("/coupons")}>Coupons</a></nav>`}
      lead=${coupon && html`<span class="coupon-line"><code>${coupon.code}</code><${Copy} text=${coupon.code} label=${`code ${coupon.code}`} /><${Badge} status=${coupon.status} /></span>`}
      actions=${
        coupon &&
        html`
        ${coupon.status !== "archived" && html`<${Button} icon="link" onClick=${() => setIsLinking(true)}>Link for a customer<//>`}
        <${Menu} label="More actions" items=${actionsOf(coupon, { onChanged: resource.reload, isInside: true })} />`
      }>
      <nav class="tabs under-title" aria-label="Coupon">
        ${TABS.map(([name, words]) => html`<a key=${name} href=${address(name)} aria-current=${name === tab ? "page" : undefined}>${words}</a>`)}
      </nav>
      <${Loaded} resource=${resource} what="the coupon">
        ${(current) => html`<${Content} key=${tab} coupon=${current} onChanged=${resource.set} onReload=${resource.reload} />`}
      <//>
      ${isLinking && html`<${LinkDialog} coupon=${coupon} onClose=${() => setIsLinking(false)} />`}
    <//>`;
}

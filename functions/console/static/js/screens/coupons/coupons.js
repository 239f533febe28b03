// All coupons: find one, see how it does, and act on it.
import { html, useEffect, useState } from "../../core/preact.js";
import { get } from "../../core/api.js";
import { useDebounced, useResource, useReturns } from "../../core/resource.js";
import { adjust, go, href, place } from "../../core/router.js";
import { period, zoneName } from "../../core/times.js";
import { brief } from "../../core/coupon_rules.js";
import { STATUSES, plural } from "../../core/messages.js";
import { Copy, Button, LinkButton } from "../../ui/controls.js";
import { Icon } from "../../ui/icons.js";
import { Menu } from "../../ui/menu.js";
import { Page } from "../../ui/page.js";
import { Badge, Pager, Usage } from "../../ui/usage.js";
import { Empty, Lines, Loaded } from "../../ui/async_states.js";
import { Rows } from "../../ui/boundary.js";
import { announce } from "../../ui/toasts.js";
import { actionsOf } from "./coupon_actions.js";
import { LinkDialog } from "./link_dialog.js";

const PAGE_LENGTH = 20;
const TABS = [
  ["", "All"],
  ...["active", "scheduled", "expired", "disabled", "sold_out", "archived"].map((status) => [status, STATUSES[status]]),
];

export function CouponList() {
  const { query, state } = place.value;
  const { status = "", q = "", cursor } = query;
  const [typed, setTyped] = useState(q);
  const [linkFor, setLinkFor] = useState(null);
  const wanted = useDebounced(typed.trim(), 250);
  useEffect(() => {
    if (wanted !== q) adjust({ q: wanted, cursor: "" }, { replace: true });
  }, [wanted]);
  const coupons = useResource(
    (signal) => get("/v1/coupons", { query: { status, q, cursor, limit: PAGE_LENGTH }, signal }),
    [status, q, cursor],
  );
  useReturns(coupons.reload);
  const items = coupons.data?.items;
  useEffect(() => {
    if (items && (q || status)) announce(plural(items.length, "coupon"));
  }, [items]);

  const trail = state.trail ?? [];
  const older = (next) => next && (() => adjust({ cursor: next }, { state: { trail: [...trail, cursor ?? ""] } }));
  const newer = cursor && (() => adjust({ cursor: trail.at(-1) ?? "" }, { state: { trail: trail.slice(0, -1) } }));
  const isFiltered = Boolean(q || status || cursor);
  const create = html`<${LinkButton} kind="primary" icon="plus" href=${href("/coupons/new")}>Create coupon<//>`;
  const isEmpty = items?.length === 0 && !isFiltered;

  return html`
    <${Page} wide title="Coupons" lead="Campaigns that your chat flows hand out, and how they are doing."
      actions=${!isEmpty && create}>
      <div class="toolbar" hidden=${isEmpty}>
        <nav class="tabs" aria-label="Status">
          ${TABS.map(([value, label]) => html`<a key=${value} href=${href("/coupons", { status: value, q })} aria-current=${value === status ? "true" : undefined}>${label}</a>`)}
        </nav>
        <div class="search" role="search">
          <${Icon} name="search" />
          <input type="search" aria-label="Search coupons by name or code" placeholder="Search name or code" value=${typed} onInput=${(event) => setTyped(event.currentTarget.value)} />
        </div>
      </div>
      <${Loaded} resource=${coupons} what="coupons" skeleton=${html`<div class="card"><${Lines} count=${8} /></div>`}>
        ${({ items, next_cursor: next }) =>
          items.length
            ? html`
                <${Table} items=${items} onChanged=${coupons.reload} onLink=${setLinkFor} isBusy=${coupons.isLoading} />
                <${Pager} shown=${items.length} what="coupon" onNewer=${newer} onOlder=${older(next)} />`
            : html`<${Nothing} isFiltered=${isFiltered} create=${create} onReset=${() => (setTyped(""), go("/coupons"))} />`}
      <//>
      ${linkFor && html`<${LinkDialog} coupon=${linkFor} onClose=${() => setLinkFor(null)} />`}
    <//>`;
}

const Nothing = ({ isFiltered, create, onReset }) =>
  isFiltered
    ? html`<${Empty} icon="search" title="No coupon fits" action=${html`<${Button} onClick=${onReset}>Show all coupons<//>`}>Try another word or another status.<//>`
    : html`<${Empty} title="Your first coupon" action=${create}>
        Give it a name and a period. You design its page right after, and your chat flow hands it out.
      <//>`;

const Table = ({ items, onChanged, onLink, isBusy }) => html`
  <div class="card table-card" data-busy=${isBusy}>
    <table role="table">
      <caption class="unseen">Coupons</caption>
      <thead role="rowgroup"><tr role="row">
        <th role="columnheader" scope="col">Coupon</th><th role="columnheader" scope="col">Active period</th><th role="columnheader" scope="col">Redeemed</th>
        <th role="columnheader" scope="col">Status</th><th role="columnheader" scope="col"><span class="unseen">Actions</span></th>
      </tr></thead>
      <tbody role="rowgroup">
        <${Rows} items=${items} id="coupon_id" what="coupon"
          row=${(coupon) => html`<${Row} coupon=${coupon} onChanged=${onChanged} onLink=${onLink} />`}
          broken=${(words) => html`<tr role="row"><td role="cell" colspan="5">${words}</td></tr>`} />
      </tbody>
    </table>
  </div>`;

function Row({ coupon, onChanged, onLink }) {
  const { from, to } = period(coupon);
  const page = href(`/coupons/${coupon.coupon_id}/redeem-page`);
  return html`
    <tr role="row">
      <th role="rowheader" scope="row" class="cell-name">
        <a href=${page}>${coupon.name}</a>
        <span class="code-line"><code>${coupon.code}</code><${Copy} text=${coupon.code} label=${`code ${coupon.code}`} /></span>
      </th>
      <td role="cell" class="cell-period"><span>${from} – ${to}</span><small class="cell-rules">${[zoneName(coupon.timezone), brief(coupon)].filter(Boolean).join("\u00a0· ")}</small></td>
      <td role="cell" class="cell-usage"><${Usage} coupon=${coupon} /></td>
      <td role="cell" class="cell-status"><${Badge} status=${coupon.status} /></td>
      <td role="cell" class="cell-actions">
        <${LinkButton} href=${page} aria-label=${`View ${coupon.name}`}>View<//>
        <${Menu} label=${`More actions for ${coupon.name}`} items=${actionsOf(coupon, { onChanged, onLink })} />
      </td>
    </tr>`;
}

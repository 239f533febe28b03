import { html } from "../core/preact.js";
import { RECORD_STATUSES, STATUSES, count, plural } from "../core/messages.js";
import { Button } from "./controls.js";

export const Badge = ({ status }) =>
  html`<span class="badge" data-status=${status}>${STATUSES[status] ?? RECORD_STATUSES[status] ?? status}</span>`;

export const usedWords = ({ times_redeemed: used, max_redemptions: limit }) =>
  limit === null ? `${count(used)} redeemed, no limit` : `${count(used)} of ${count(limit)} redeemed`;

// Used against the limit, as figures and as a bar; the bar repeats the figures, so only they are read out.
export const Usage = ({ coupon }) => html`
  <div class="usage">
    <span class="figures"><b>${count(coupon.times_redeemed)}</b> ${coupon.max_redemptions === null ? html`<small>no limit</small>` : html`<small>of ${count(coupon.max_redemptions)}</small>`}</span>
    <${Bar} used=${coupon.times_redeemed} limit=${coupon.max_redemptions} />
  </div>`;

export const Bar = ({ used, limit }) => html`
  <svg class="bar" data-full=${limit !== null && used >= limit} data-unlimited=${limit === null} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
    <rect width="100" height="6" class="bar-track" />
    ${limit !== null && html`<rect width=${used ? Math.max(1.5, Math.min(100, (100 * used) / limit)) : 0} height="6" class="bar-fill" />`}
  </svg>`;

export const Pager = ({ onNewer, onOlder, shown, what }) =>
  (onNewer || onOlder) &&
  html`<nav class="pager" aria-label="Pages">
    <span>${plural(shown, what)} on this page</span>
    <${Button} icon="left" disabled=${!onNewer} onClick=${onNewer}>Newer<//>
    <${Button} class="icon-last" icon="right" disabled=${!onOlder} onClick=${onOlder}>Older<//>
  </nav>`;

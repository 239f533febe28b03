// Who got the coupon and who redeemed it.
import { html, useEffect, useState } from "../../core/preact.js";
import { get } from "../../core/api.js";
import { download, save } from "../../core/download.js";
import { useDebounced, useResource, useReturns } from "../../core/resource.js";
import { adjust, go, place } from "../../core/router.js";
import { clockToTheSecond, day, daysLater, moment, zoneName } from "../../core/times.js";
import { count, sentence } from "../../core/messages.js";
import { Button, Copy } from "../../ui/controls.js";
import { Icon } from "../../ui/icons.js";
import { Badge, Bar, Pager } from "../../ui/usage.js";
import { Empty, Lines, Loaded } from "../../ui/async_states.js";
import { Rows, SafeCard } from "../../ui/boundary.js";
import { announce, toast } from "../../ui/toasts.js";

const PAGE_LENGTH = 50;
const TABS = [
  ["", "All"],
  ["redeemed", "Redeemed"],
  ["distributed", "Distributed"],
];

export function Records({ coupon, onReload }) {
  const { query, state } = place.value;
  const { status = "", customer = "", from = "", to = "", cursor } = query;
  const [typed, setTyped] = useState(customer);
  const wanted = useDebounced(typed.trim(), 300);
  useEffect(() => {
    if (wanted !== customer) adjust({ customer: wanted, cursor: "" }, { replace: true });
  }, [wanted]);

  const filter = { status, customer_id: customer, ...span(from, to, coupon.timezone) };
  const path = `/v1/coupons/${coupon.coupon_id}/redemptions`;
  const records = useResource(
    (signal) => get(path, { query: { ...filter, cursor, limit: PAGE_LENGTH }, signal }),
    [path, status, customer, from, to, cursor],
  );
  const again = () => {
    records.reload();
    onReload();
  };
  useReturns(records.reload);

  const trail = state.trail ?? [];
  const older = (next) => next && (() => adjust({ cursor: next }, { state: { trail: [...trail, cursor ?? ""] } }));
  const newer = cursor && (() => adjust({ cursor: trail.at(-1) ?? "" }, { state: { trail: trail.slice(0, -1) } }));
  const isFiltered = Boolean(status || customer || from || to || cursor);
  const reset = () => {
    setTyped("");
    go(place.value.path);
  };
  return html`
    <${SafeCard} what="usage" at=${coupon}><${Figures} coupon=${coupon} /><//>
    <div class="toolbar">
      <nav class="tabs" aria-label="Status">
        ${TABS.map(([value, label]) => html`<a key=${value} href=${recordsHref({ ...query, status: value })} aria-current=${value === status ? "true" : undefined}>${label}</a>`)}
      </nav>
      <div class="filters">
        <div class="search"><${Icon} name="search" /><input type="search" aria-label="Filter by customer ID" placeholder="Customer ID" maxlength="200" value=${typed} onInput=${(event) => setTyped(event.currentTarget.value)} /></div>
        <${DayFilter} label="From" value=${from} max=${to} onChange=${(day) => adjust({ from: day, cursor: "" }, { replace: true })} />
        <${DayFilter} label="To" value=${to} min=${from} onChange=${(day) => adjust({ to: day, cursor: "" }, { replace: true })} />
        <${Button} icon="refresh" onClick=${again} aria-label="Look again">Refresh<//>
        <${Export} coupon=${coupon} filter=${filter} path=${path} />
      </div>
    </div>
    <${Loaded} resource=${records} what="redemption records" skeleton=${html`<div class="card"><${Lines} count=${8} /></div>`}>
      ${({ items, next_cursor: next }) =>
        items.length
          ? html`
              <${Table} items=${items} zone=${coupon.timezone} isBusy=${records.isLoading} />
              <${Pager} shown=${items.length} what="record" onNewer=${newer} onOlder=${older(next)} />`
          : isFiltered
            ? html`<${Empty} icon="search" title="No record fits" action=${html`<${Button} onClick=${reset}>Show all records<//>`}>Try other dates, another status or another customer.<//>`
            : html`<${Empty} title="Nothing handed out yet">As soon as a flow hands the coupon to a customer, that shows here; and when they redeem it, too.<//>`}
    <//>`;
}

const recordsHref = (query) => {
  const given = Object.entries({ ...query, cursor: "" }).filter(([, value]) => value);
  return location.pathname + (given.length ? `?${new URLSearchParams(given)}` : "");
};

// Days of the coupon's zone, the last one included.
const span = (from, to, zone) => ({
  from: from ? moment(from, "00:00", zone) : "",
  to: to ? moment(daysLater(to, 1), "00:00", zone) : "",
});

const Figures = ({ coupon }) => html`
  <section class="figures-row" aria-label="Usage">
    <dl class="figure-list">
      <div><dt>Redeemed</dt><dd>${count(coupon.times_redeemed)}</dd></div>
      <div><dt>Left</dt><dd>${coupon.max_redemptions === null ? "No limit" : count(coupon.remaining)}</dd></div>
      <div><dt>Limit</dt><dd>${coupon.max_redemptions === null ? "None" : count(coupon.max_redemptions)}</dd></div>
    </dl>
    <${Bar} used=${coupon.times_redeemed} limit=${coupon.max_redemptions} />
  </section>`;

const DayFilter = ({ label, value, min, max, onChange }) => html`
  <label class="day-filter"><span>${label}</span><input type="date" value=${value} min=${min || undefined} max=${max || undefined} onChange=${(event) => onChange(event.currentTarget.value)} /></label>`;

function Export({ coupon, filter, path }) {
  const [isBusy, setIsBusy] = useState(false);
  const fetchAll = async () => {
    setIsBusy(true);
    announce("Preparing the file");
    try {
      const { url } = await get(`${path}.csv`, { query: filter });
      const file = await download(url);
      save(file, `redemptions-${coupon.code}-${new Date().toISOString().slice(0, 10)}.csv`);
      toast("The export is in your downloads");
    } catch (error) {
      toast(sentence(error), "alert");
    }
    setIsBusy(false);
  };
  return html`<${Button} icon="download" isBusy=${isBusy} onClick=${fetchAll}>Export CSV<//>`;
}

const Table = ({ items, zone, isBusy }) => html`
  <div class="card table-card" data-busy=${isBusy}>
    <table role="table" class="records">
      <caption class="unseen">Redemption records, times in ${zone}</caption>
      <thead role="rowgroup"><tr role="row">
        ${["Redemption ID", "Customer ID", "Inbox ID", "Status", "Redeemed at", "Distributed at"].map((title) => html`<th key=${title} role="columnheader" scope="col">${title}</th>`)}
      </tr></thead>
      <tbody role="rowgroup">
        <${Rows} items=${items} id="redemption_id" what="record"
          row=${(record) => html`<${Row} record=${record} zone=${zone} />`}
          broken=${(words) => html`<tr role="row"><td role="cell" colspan="6">${words}</td></tr>`} />
      </tbody>
    </table>
    <p class="table-note">Times are those of ${zoneName(zone)}.</p>
  </div>`;

const Row = ({ record, zone }) => html`
  <tr role="row">
    <th role="rowheader" scope="row" data-label="Redemption ID"><${Id} value=${record.redemption_id} what="redemption ID" /></th>
    <td role="cell" data-label="Customer ID"><${Id} value=${record.customer_id} what="customer ID" /></td>
    <td role="cell" data-label="Inbox ID">${record.inbox_id ? html`<${Id} value=${record.inbox_id} what="inbox ID" />` : html`<span class="none">–</span>`}</td>
    <td role="cell" data-label="Status"><${Badge} status=${record.status} /></td>
    <td role="cell" data-label="Redeemed at">${at(record.redeemed_at, zone)}</td>
    <td role="cell" data-label="Distributed at">${at(record.distributed_at, zone)}</td>
  </tr>`;

const at = (moment, zone) =>
  moment
    ? html`<time datetime=${moment}>${day(moment, zone)} <small>${clockToTheSecond(moment, zone)}</small></time>`
    : html`<span class="none">–</span>`;

const Id = ({ value, what }) =>
  html`<span class="id-line"><code title=${value}>${value}</code><${Copy} text=${value} label=${`${what} ${value}`} /></span>`;

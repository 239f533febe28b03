// The customer's phone: the real page with the settings as they are typed, in any of its states.
import { html, useEffect, useState } from "../../core/preact.js";
import { post } from "../../core/api.js";
import { useDebounced } from "../../core/resource.js";
import { sentence } from "../../core/messages.js";
import { Segments } from "../../ui/fields.js";
import { Button } from "../../ui/controls.js";
import { Screen } from "./preview_frame.js";

const TYPING_MS = 250;
const STATES = {
  available: "Ready to redeem",
  confirm: "Asking to confirm",
  redeemed: "Redeemed",
  upcoming: "Not valid yet",
  expired: "Expired",
  sold_out: "Sold out",
  disabled: "Disabled",
  unknown_outcome: "No answer came",
  not_found: "Link not valid",
};
const PHONES = [
  { value: 360, label: "360", title: "Small phone, 360 wide" },
  { value: 430, label: "430", title: "Large phone, 430 wide" },
];
const THEMES = [
  { value: "light", icon: "sun", title: "Light" },
  { value: "dark", icon: "moon", title: "Dark" },
];

export function Preview({ couponId, settings, state, onState }) {
  const [width, setWidth] = useState(PHONES[0].value);
  const [theme, setTheme] = useState("light");
  const settled = useDebounced(JSON.stringify(settings), TYPING_MS);
  const page = usePage(couponId, settled, state, theme);
  return html`
    <section class="preview" aria-label="Preview">
      <div class="preview-bar">
        <label class="preview-state"><span class="unseen">State of the page</span>
          <select value=${state} onChange=${(event) => onState(event.currentTarget.value)}>
            ${Object.entries(STATES).map(([value, label]) => html`<option key=${value} value=${value} selected=${value === state}>${label}</option>`)}
          </select>
        </label>
        <${Segments} label="Width" value=${width} options=${PHONES} onChange=${setWidth} />
        <${Segments} label="Theme of the phone" value=${theme} options=${THEMES} onChange=${setTheme} />
      </div>
      <div class="phone" data-width=${width} data-theme=${theme} data-busy=${page.isLoading}>
        <${Screen} page=${page} title="Redeem page preview: ${STATES[state]}" />
        ${page.error && html`<div class="phone-error" role="alert"><p>${explained(page.error)}</p><${Button} icon="refresh" onClick=${page.retry}>Try again<//></div>`}
      </div>
      <p class="hint">This is the page itself, with what you have typed. Only its buttons are at rest.</p>
    </section>`;
}

const explained = (error) =>
  error.status === 422 ? "Something on the left needs another look before the page can be shown." : sentence(error);

function usePage(couponId, settings, state, theme) {
  const [page, setPage] = useState({ document: "", turn: 0, error: null, isLoading: true });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const control = new AbortController();
    setPage((now) => ({ ...now, isLoading: true }));
    post(`/v1/coupons/${couponId}/redeem-page/preview`, JSON.parse(settings), {
      query: { state },
      signal: control.signal,
    }).then(
      (document) =>
        setPage((now) => ({
          document: themed(document, theme),
          state,
          turn: now.turn + 1,
          error: null,
          isLoading: false,
        })),
      (error) => control.signal.aborted || setPage((now) => ({ ...now, error, isLoading: false })),
    );
    return () => control.abort();
  }, [couponId, settings, state, theme, tries]);
  return { ...page, retry: () => setTries((now) => now + 1) };
}

// A document in a sandbox asks the machine for its theme, not the frame around it: so the answer is written into it.
const themed = (document, theme) =>
  document
    .replace(/\(\s*prefers-color-scheme:\s*(dark|light)\s*\)/g, (_, wanted) =>
      wanted === theme ? "(min-width: 0)" : "(max-width: 0)",
    )
    .replace(/color-scheme:\s*light dark/g, `color-scheme: ${theme}`);

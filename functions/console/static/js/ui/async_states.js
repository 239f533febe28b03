// Placeholders for content that is loading, empty or unavailable.
import { html } from "../core/preact.js";
import { sentence } from "../core/messages.js";
import { Button } from "./controls.js";
import { Icon } from "./icons.js";

// `resource` as useResource gives it; `children(data)` once there is something. A reload keeps the old in sight.
export function Loaded({ resource, what, skeleton, children }) {
  const { data, error, isLoading, isLate, reload } = resource;
  if (data !== undefined) {
    return html`
      ${error && html`<${Notice} kind="alert" action=${html`<${Button} onClick=${reload}>Try again<//>`}>${sentence(error)} What you see may be old.<//>`}
      ${children(data)}`;
  }
  if (error) return html`<${Failure} error=${error} onRetry=${reload} isBusy=${isLoading} />`;
  return html`
    <div aria-busy="true">
      <p class="unseen" role="status">Loading ${what}…</p>
      ${skeleton ?? html`<${Lines} />`}
      ${isLate && html`<p class="late" role="status">This takes longer than usual. Still trying…</p>`}
    </div>`;
}

export const Lines = ({ count = 6 }) =>
  html`<div class="lines" aria-hidden="true">${Array.from({ length: count }, (_, each) => html`<span key=${each}></span>`)}</div>`;

export const Failure = ({ error, onRetry, isBusy }) => html`
  <div class="state" role="alert">
    <span class="state-icon" data-kind="alert"><${Icon} name=${error.code === "unreachable" ? "offline" : "alert"} size=${26} /></span>
    <h2>${error.status === 404 ? "Not found" : "That did not work"}</h2>
    <p>${sentence(error)}</p>
    ${onRetry && error.status !== 404 && html`<${Button} icon="refresh" isBusy=${isBusy} onClick=${onRetry}>Try again<//>`}
  </div>`;

export const Empty = ({ icon = "ticket", title, children, action }) => html`
  <div class="state">
    <span class="state-icon"><${Icon} name=${icon} size=${26} /></span>
    <h2>${title}</h2>
    <p>${children}</p>
    ${action}
  </div>`;

export const Notice = ({ kind = "info", action, children, ...rest }) => html`
  <div class="notice" data-kind=${kind} role=${kind === "alert" ? "alert" : "note"} ...${rest}>
    <${Icon} name=${kind === "alert" ? "alert" : "info"} />
    <div>${children}</div>
    ${action && html`<div class="notice-action">${action}</div>`}
  </div>`;

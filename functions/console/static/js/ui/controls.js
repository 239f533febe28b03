import { html, useState } from "../core/preact.js";
import { copyText } from "../core/clipboard.js";
import { Icon } from "./icons.js";
import { announce } from "./toasts.js";

export function Button({ kind = "plain", icon, isBusy, children, type = "button", ...rest }) {
  const onClick = isBusy ? (event) => event.preventDefault() : rest.onClick;
  return html`
    <button ...${rest} type=${type} class="button ${rest.class ?? ""}" data-kind=${kind} onClick=${onClick} aria-disabled=${isBusy || undefined}>
      ${isBusy ? html`<span class="spinner" aria-hidden="true"></span>` : icon && html`<${Icon} name=${icon} />`}${children}
    </button>`;
}

export const LinkButton = ({ kind = "plain", icon, children, ...rest }) => html`
  <a ...${rest} class="button ${rest.class ?? ""}" data-kind=${kind}>${icon && html`<${Icon} name=${icon} />`}${children}</a>`;

export const IconButton = ({ icon, label, size, ...rest }) => html`
  <button type="button" ...${rest} class="icon-button ${rest.class ?? ""}" aria-label=${label} title=${label}><${Icon} name=${icon} size=${size} /></button>`;

const SHOWN_MS = 2000;

// Says "copied" only when it is.
export function Copy({ text, label, words, kind = "plain" }) {
  const [outcome, setOutcome] = useState("");
  const copy = async (event) => {
    event.preventDefault();
    const isCopied = await copyText(text);
    setOutcome(isCopied ? "Copied" : "Select and copy it by hand");
    announce(isCopied ? `${label}: copied` : "The browser does not allow copying. Select and copy it by hand.");
    setTimeout(() => setOutcome(""), SHOWN_MS);
  };
  const icon = outcome === "Copied" ? "check" : "copy";
  return words
    ? html`<${Button} kind=${kind} icon=${icon} onClick=${copy} aria-label=${`${words}: ${label}`}>${outcome || words}<//>`
    : html`<button type="button" class="icon-button small" data-copied=${outcome === "Copied"} aria-label=${`Copy ${label}`} title=${outcome || `Copy ${label}`} onClick=${copy}><${Icon} name=${icon} size=${15} /></button>`;
}

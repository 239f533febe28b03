// Short words that come and go, and what screen readers hear of them.
import { html, signal } from "../core/preact.js";
import { Icon } from "./icons.js";

const SHOWN_MS = 5000;
const shown = signal([]);
const spoken = signal("");
let number = 0;

export function toast(words, kind = "done") {
  const id = (number += 1);
  shown.value = [...shown.value, { id, words, kind }];
  setTimeout(() => {
    shown.value = shown.value.filter((each) => each.id !== id);
  }, SHOWN_MS);
}

// For what the eye sees anyway. The same words again are heard again.
export function announce(words) {
  spoken.value = "";
  setTimeout(() => {
    spoken.value = words;
  }, 50);
}

export const Toasts = () => html`
  <div class="toasts" role="status" aria-live="polite">
    ${shown.value.map(({ id, words, kind }) => html`<p key=${id} class="toast" data-kind=${kind}><${Icon} name=${kind === "done" ? "check" : "alert"} />${words}</p>`)}
  </div>
  <p class="unseen" role="status" aria-live="polite">${spoken.value}</p>`;

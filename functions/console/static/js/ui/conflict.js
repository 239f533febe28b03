// After another user's save: what they changed, and the choice between both versions.
import { html, useEffect, useRef } from "../core/preact.js";
import { Button } from "./controls.js";
import { Notice } from "./async_states.js";

// `fields`: [label, words(version)] each; `more`: what else they did. Without `onMine`, only theirs is left.
export function Conflict({ what, before, theirs, fields, more, onTheirs, onMine }) {
  const box = useRef(null);
  // The form's button may be a screen away from here.
  useEffect(() => {
    box.current?.scrollIntoView({ block: "center" });
    box.current?.focus({ preventScroll: true });
  }, []);
  const differing = fields.filter(([, words]) => words(before) !== words(theirs));
  return html`
    <div class="conflict" tabindex="-1" ref=${box}>
      <${Notice} kind="alert">
        <p><b>Someone changed this ${what} while you were editing it.</b> Nothing of theirs was overwritten, and nothing of yours is lost.</p>
        <ul class="differences">
          ${more && html`<li>${more}</li>`}
          ${differing.map(([label, words]) => html`<li key=${label}>${label}: <s>${words(before)}</s> is now <b>${words(theirs)}</b></li>`)}
        </ul>
        <div class="dialog-actions">
          <${Button} onClick=${onTheirs}>Take theirs, drop mine<//>
          ${onMine && html`<${Button} kind="primary" onClick=${onMine}>Put my changes on top<//>`}
        </div>
      <//>
    </div>`;
}

const LONGEST = 60;

// A text as one line of such a list.
export const excerpt = (text) => {
  if (!text) return "Empty";
  const letters = [...text.replace(/\s+/g, " ")];
  return letters.length > LONGEST
    ? `${letters.slice(0, LONGEST).join("")}… (${letters.length} characters)`
    : letters.join("");
};

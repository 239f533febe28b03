// A screen: its title is the document's, and gets the focus when the screen takes another's place.
import { html, useEffect, useRef } from "../core/preact.js";

let isFirst = true;

export function Page({ title, windowTitle, above, lead, actions, wide, children }) {
  const heading = useRef(null);
  useEffect(() => {
    document.title = `${windowTitle ?? title} · Couponflow`;
  }, [title, windowTitle]);
  useEffect(() => {
    if (!isFirst) {
      scrollTo(0, 0);
      heading.current?.focus({ preventScroll: true });
    }
    isFirst = false;
  }, []);
  return html`
    <div class=${wide ? "page wide" : "page"}>
      <header class="page-head">
        <div class="page-title">
          ${above}
          <h1 tabindex="-1" ref=${heading}>${title}</h1>
          ${lead && html`<div class="lead">${lead}</div>`}
        </div>
        ${actions && html`<div class="page-actions">${actions}</div>`}
      </header>
      ${children}
    </div>`;
}

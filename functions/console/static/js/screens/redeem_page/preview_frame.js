// The page in a document apart. A new version is made ready behind the one in sight and then takes its place: no flicker.
import { html, useLayoutEffect, useRef, useState } from "../../core/preact.js";

const FRAME = new URL("../../../preview.html", import.meta.url).href;

export function Screen({ page, title }) {
  const [shown, setShown] = useState(0);
  const scrolled = useRef({ state: "", top: 0 });
  const pages = useRef([]);
  if (page.turn && pages.current.at(-1)?.turn !== page.turn) pages.current = [...pages.current, page];
  pages.current = pages.current.filter((each) => each.turn >= shown);
  return html`
    <div class="screens">
      ${pages.current.map(
        (each) =>
          html`<${Frame} key=${each.turn} page=${each} title=${title} isShown=${each.turn === shown} scrolled=${scrolled} onShown=${() => setShown((now) => Math.max(now, each.turn))} />`,
      )}
    </div>`;
}

// Reload keeps where the reader had scrolled to, as long as it is the same state of the page.
function Frame({ page, title, isShown, scrolled, onShown }) {
  const frame = useRef(null);
  // Before the frame has had a chance to speak.
  useLayoutEffect(() => {
    const hear = ({ source, data }) => {
      if (source !== frame.current?.contentWindow) return;
      if (data.ready) {
        const top = scrolled.current.state === page.state ? scrolled.current.top : 0;
        frame.current.contentWindow.postMessage({ html: page.document, top }, "*");
      }
      if (data.shown) onShown();
      if (typeof data.top === "number") scrolled.current = { state: page.state, top: data.top };
    };
    addEventListener("message", hear);
    return () => removeEventListener("message", hear);
  }, []);
  return html`<iframe ref=${frame} src=${FRAME} title=${title} sandbox="allow-scripts" data-shown=${isShown} inert=${!isShown}></iframe>`;
}

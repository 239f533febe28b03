// Where the console is, as its address says: reload, back and a shared link lead to the same screen.
import { signal } from "./preact.js";

const BASE = "/console";

const read = () => ({
  path: location.pathname.slice(BASE.length) || "/",
  query: Object.fromEntries(new URLSearchParams(location.search)),
  state: history.state ?? {},
});

export const place = signal(read());

let index = history.state?.index ?? 0;
let guard = null;
let isStaying = false;

export function href(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value);
  return BASE + path + (given.length ? `?${new URLSearchParams(given)}` : "");
}

// `mayLeave` is asked, and may ask the reader, before another screen takes this one's place. Returns its end.
export function guardLeaving(mayLeave) {
  guard = mayLeave;
  return () => {
    if (guard === mayLeave) guard = null;
  };
}

// True unless the reader preferred to stay.
export async function go(path, query = {}, { replace = false, state = {} } = {}) {
  if (path !== place.value.path && !(await mayLeave())) return false;
  if (!replace) index += 1;
  history[replace ? "replaceState" : "pushState"]({ ...state, index }, "", href(path, query));
  place.value = read();
  return true;
}

export const mayLeave = async () => !guard || (await guard());

// What the screen shows changes, not where the reader is: filters, tabs.
export const adjust = (query, options) => go(place.value.path, { ...place.value.query, ...query }, options);

addEventListener("popstate", async (event) => {
  if (isStaying) {
    isStaying = false;
    return;
  }
  const steps = (event.state?.index ?? 0) - index;
  if (guard && steps && read().path !== place.value.path) {
    isStaying = true;
    history.go(-steps);
    if (await guard()) {
      guard = null;
      history.go(steps);
    }
    return;
  }
  index += steps;
  place.value = read();
});

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (
    !link ||
    event.defaultPrevented ||
    event.button ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  )
    return;
  if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.hash && link.pathname === location.pathname) return;
  if (link.pathname !== BASE && !link.pathname.startsWith(`${BASE}/`)) return;
  event.preventDefault();
  go(link.pathname.slice(BASE.length) || "/", Object.fromEntries(new URLSearchParams(link.search)));
});

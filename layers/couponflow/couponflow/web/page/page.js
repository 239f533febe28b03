// Everything works without this: it adds the live clock, the countdown, copying, and what a lost connection needs.
(() => {
  const root = document.documentElement;
  const $ = (selector, within = document) => within.querySelector(selector);
  const main = $("main");
  const sheet = $("#confirm");
  const form = $("form");
  const shown = root.dataset.state;
  const ahead = main.dataset.now - Date.now(); // the server's clock, whatever this phone believes
  const now = () => Date.now() + ahead;
  const look = () => fetch(location.pathname, { cache: "no-store", headers: { accept: "text/html" } });
  const renew = () => location.replace(location.pathname);
  const later = (seconds, what) => setTimeout(what, seconds * 1000);

  const tell = (name) => {
    for (const note of document.querySelectorAll("[data-note]")) note.hidden = note.dataset.note !== name;
    if (name) $(`[data-note=${name}]`).scrollIntoView({ block: "center" });
  };

  // Clock and countdown
  const two = (number) => String(number).padStart(2, "0");
  const clock = $("[data-clock]");
  const count = $("[data-until]");
  const fresh = $("[data-fresh-until]");
  const again = $("[data-renew-at]");
  if (count) count.hidden = false;
  const tick = () => {
    if (clock) clock.textContent = new Date(now() + clock.dataset.clock * 1000).toISOString().slice(11, 19);
    if (count) {
      let left = Math.max(0, Math.ceil((count.dataset.until - now()) / 1000));
      if (left === 0) return later(0.5 + Math.random() * 2, renew); // not everybody in the same instant
      for (const [unit, size] of [
        ["d", 86400],
        ["h", 3600],
        ["m", 60],
        ["s", 1],
      ]) {
        $(`[data-unit=${unit}]`, count).textContent =
          unit === "d" ? Math.floor(left / size) : two(Math.floor(left / size));
        left %= size;
      }
    }
    if (again && now() >= again.dataset.renewAt) return later(0.5 + Math.random() * 2, renew);
    if (fresh && now() > fresh.dataset.freshUntil) fresh.classList.remove("fresh");
    later(1 - (now() % 1000) / 1000, tick);
  };
  if (clock || count || again) tick();

  // Copying: nothing is called copied without proof
  const copy = $("[data-copy]");
  const code = $(".code-text");
  if (copy) {
    copy.hidden = false;
    copy.onclick = async () => {
      const isCopied = await copied();
      tell(isCopied ? "" : "press");
      if (!isCopied) return;
      const label = $("span", copy);
      label.textContent = copy.dataset.copy;
      later(2, () => (label.textContent = copy.dataset.label));
    };
  }
  const copied = async () => {
    try {
      await navigator.clipboard.writeText(code.dataset.code);
      return true;
    } catch {
      getSelection().selectAllChildren(code);
      let isProved = false;
      const prove = () => (isProved = true);
      addEventListener("copy", prove, { once: true });
      try {
        return document.execCommand("copy") && isProved;
      } catch {
        return false;
      } finally {
        removeEventListener("copy", prove);
      }
    }
  };

  // Redeeming
  const busy = (is) => {
    if (is) form.setAttribute("aria-busy", "true");
    else form.removeAttribute("aria-busy");
    for (const button of form.querySelectorAll("button")) button.disabled = is;
  };
  const close = () => sheet.hidePopover?.();
  sheet?.addEventListener("toggle", (event) => {
    if (root.dataset.state !== "unknown_outcome") root.dataset.state = event.newState === "open" ? "confirm" : shown;
  });
  const send = async (tries) => {
    const limit = new AbortController();
    const timer = later(12, () => limit.abort());
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { accept: "application/json" },
        signal: limit.signal,
      });
      // Busy: nothing is decided, and the same use asked for again counts once.
      if (answer.status === 503 && tries > 1) return later(1 + Math.random(), () => send(tries - 1));
      if (answer.status < 500) return renew();
      unknown();
    } catch {
      unknown(); // no answer is no "no": only the server knows
    } finally {
      clearTimeout(timer);
    }
  };
  const unknown = () => {
    close();
    root.dataset.state = "unknown_outcome";
    tell("unknown");
    ask(1);
  };
  let asking;
  const ask = async (pause) => {
    clearTimeout(asking);
    try {
      const answer = await look();
      if (answer.status < 500) {
        const page = await answer.text();
        if (!page.includes($("[name=use]", form).outerHTML)) return renew();
        root.dataset.state = shown;
        busy(false);
        return tell("not_yet");
      }
    } catch {} // still no connection
    asking = later(pause, () => ask(Math.min(pause * 2, 15)));
  };
  const isAsking = () => root.dataset.state === "unknown_outcome";
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.hasAttribute("aria-busy")) return;
    if (!navigator.onLine) {
      close();
      return tell("offline");
    }
    tell("");
    busy(true);
    send(3);
  });
  for (const button of document.querySelectorAll("[data-check]")) {
    button.onclick = (event) => {
      event.preventDefault();
      if (form) ask(1);
      else renew();
    };
  }
  addEventListener("online", () => (isAsking() && form ? ask(1) : tell("")));
  addEventListener("offline", () => isAsking() || tell("offline"));

  // A page that comes back into sight may have been overtaken, by another tab or by time
  addEventListener("pageshow", (event) => event.persisted && renew());
  let left = 0;
  document.addEventListener("visibilitychange", async () => {
    if (document.hidden) return void (left = Date.now());
    if (Date.now() - left < 5000 || isAsking() || form?.hasAttribute("aria-busy")) return;
    try {
      const page = await (await look()).text();
      if (!page.includes(`data-state="${shown}"`)) renew();
    } catch {} // out of reach: what is shown stays
  });

  // A person sees the page: it is visible for a second, and no program drives the browser
  let seeing;
  const see = () => {
    clearTimeout(seeing);
    if (document.hidden) return;
    seeing = later(1, () => {
      document.removeEventListener("visibilitychange", see);
      navigator.sendBeacon(`${location.pathname}/opened`);
    });
  };
  if (location.pathname.startsWith("/r/") && !navigator.webdriver) {
    document.addEventListener("visibilitychange", see);
    see();
  }
})();

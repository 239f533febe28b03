// A button that opens a list of actions: arrows move, Escape closes and gives the focus back.
import { html, useId, useLayoutEffect, useRef, useState } from "../core/preact.js";
import { Icon } from "./icons.js";

export function Menu({ label, items }) {
  const [isOpen, setIsOpen] = useState(false);
  const button = useRef(null);
  const list = useRef(null);
  const id = useId();

  useLayoutEffect(() => {
    if (!isOpen) return undefined;
    const menu = list.current;
    menu.showPopover();
    lay(menu, button.current);
    menu.querySelector("[role=menuitem]").focus();
    const close = (event) => {
      if (!menu.contains(event.target) && !button.current.contains(event.target)) setIsOpen(false);
    };
    const scrolled = () => setIsOpen(false);
    document.addEventListener("pointerdown", close, true);
    addEventListener("scroll", scrolled, true);
    addEventListener("resize", scrolled);
    return () => {
      document.removeEventListener("pointerdown", close, true);
      removeEventListener("scroll", scrolled, true);
      removeEventListener("resize", scrolled);
    };
  }, [isOpen]);

  const leave = () => {
    setIsOpen(false);
    button.current.focus();
  };
  const onKeyDown = (event) => {
    const all = [...list.current.querySelectorAll("[role=menuitem]")];
    const now = all.indexOf(document.activeElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      all[to % all.length].focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      leave();
    }
  };
  const open = (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      setIsOpen(true);
    }
  };
  const choose = (item) => () => {
    leave();
    item.onChoose?.();
  };
  return html`
    <button ref=${button} type="button" class="icon-button" aria-haspopup="menu" aria-expanded=${isOpen} aria-controls=${isOpen ? id : undefined}
      aria-label=${label} title="More" onClick=${() => setIsOpen(!isOpen)} onKeyDown=${open}><${Icon} name="more" /></button>
    ${
      isOpen &&
      html`<div ref=${list} id=${id} class="menu" role="menu" popover="manual" aria-label=${label} onKeyDown=${onKeyDown}>
      ${items
        .filter(Boolean)
        .map((item) =>
          item.href
            ? html`<a key=${item.label} role="menuitem" tabindex="-1" href=${item.href} onClick=${() => setIsOpen(false)}>${item.label}</a>`
            : html`<button key=${item.label} type="button" role="menuitem" tabindex="-1" data-danger=${item.isDangerous} onClick=${choose(item)}>${item.label}</button>`,
        )}
    </div>`
    }`;
}

function lay(menu, button) {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + 4 + height <= innerHeight;
  menu.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - height - 4)}px`;
  menu.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`;
}

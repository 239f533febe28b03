// Dialogs are the browser's own: focus stays inside, Escape closes, focus returns to where it was.
import { html, signal, useEffect, useId, useRef } from "../core/preact.js";
import { Button } from "./controls.js";

const asked = signal(null);

export function Dialog({ title, onClose, children, wide }) {
  const element = useRef(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    element.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);
  const onCancel = (event) => {
    event.preventDefault();
    onClose();
  };
  const onBackdrop = (event) => event.target === element.current && onClose();
  return html`
    <dialog ref=${element} class=${wide ? "dialog wide" : "dialog"} aria-labelledby=${id} onCancel=${onCancel} onMouseDown=${onBackdrop}>
      <div class="dialog-body"><h2 id=${id}>${title}</h2>${children}</div>
    </dialog>`;
}

// Resolves to whether the reader said yes.
export const confirm = (question) =>
  new Promise((resolve) => {
    asked.value = { ...question, resolve };
  });

export const confirmLeaving = () =>
  confirm({
    title: "Leave without saving?",
    text: "What you changed here is not saved yet.",
    yes: "Leave without saving",
    no: "Keep editing",
    isDangerous: true,
  });

export function Confirmation() {
  const question = asked.value;
  if (!question) return null;
  const answer = (value) => {
    asked.value = null;
    question.resolve(value);
  };
  return html`
    <${Dialog} title=${question.title} onClose=${() => answer(false)}>
      <p>${question.text}</p>
      <div class="dialog-actions">
        <${Button} onClick=${() => answer(false)} autofocus>${question.no ?? "Cancel"}<//>
        <${Button} kind=${question.isDangerous ? "danger" : "primary"} onClick=${() => answer(true)}>${question.yes}<//>
      </div>
    <//>`;
}

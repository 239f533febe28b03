// An image: chosen or dropped, on its way, there, or refused.
import { html, useEffect, useId, useRef, useState } from "../core/preact.js";
import { ACCEPTED, Unfit, addressOf, upload } from "../core/images.js";
import { sentence } from "../core/messages.js";
import { Button } from "./controls.js";
import { Wrong } from "./fields.js";
import { Icon } from "./icons.js";
import { announce } from "./toasts.js";

// `onChange(image)` gets {image_id, url, …}, or null when it is taken away.
export function ImageField({ label, kind, hint, value, address, error, onChange, isOptional = true }) {
  const id = useId();
  const input = useRef(null);
  const control = useRef(null);
  const [progress, setProgress] = useState(null);
  const [problem, setProblem] = useState("");
  const [isOver, setIsOver] = useState(false);
  useEffect(() => () => control.current?.abort(), []);

  const take = async (file) => {
    if (!file) return;
    control.current?.abort();
    const mine = new AbortController();
    control.current = mine;
    setProblem("");
    setProgress(0);
    announce(`Uploading ${file.name}`);
    try {
      const image = await upload(kind, file, { onProgress: setProgress, signal: mine.signal });
      if (mine.signal.aborted) return;
      onChange(image);
      announce(`${label}: uploaded`);
    } catch (failure) {
      if (mine.signal.aborted) return;
      const words =
        failure instanceof Unfit ? failure.message : (Object.values(failure.fields ?? {})[0] ?? sentence(failure));
      setProblem(words);
    }
    setProgress(null);
  };
  const cancel = () => {
    control.current?.abort();
    setProgress(null);
    announce("Upload cancelled");
  };
  const onDrop = (event) => {
    event.preventDefault();
    setIsOver(false);
    take(event.dataTransfer.files[0]);
  };
  const wrong = problem || error;
  const shown = address ?? addressOf(value);
  return html`
    <div class="field" role="group" aria-labelledby="${id}-label" data-invalid=${Boolean(wrong)}>
      <span class="label" id="${id}-label">${label}${isOptional && html` <span class="optional">optional</span>`}</span>
      <div class="drop" data-over=${isOver} data-kind=${kind} onDragOver=${(event) => (event.preventDefault(), setIsOver(true))} onDragLeave=${() => setIsOver(false)} onDrop=${onDrop}>
        <span class="thumb">${shown ? html`<img src=${shown} alt="" />` : html`<${Icon} name=${value ? "check" : "image"} size=${22} />`}</span>
        <div class="drop-words">
          ${
            progress === null
              ? html`
                <div class="drop-actions">
                  <${Button} icon="upload" onClick=${() => input.current.click()} aria-describedby="${id}-hint">${value ? "Replace" : "Upload"}<span class="unseen"> ${label}</span><//>
                  ${value && html`<${Button} kind="quiet" onClick=${() => onChange(null)}>Remove<span class="unseen"> ${label}</span><//>`}
                </div>
                <p class="hint" id="${id}-hint">${hint}</p>`
              : html`
                <label class="progress-label" for="${id}-progress">${progress < 1 ? `Uploading, ${Math.round(progress * 100)} %` : "Preparing the image…"}</label>
                <progress id="${id}-progress" max="1" value=${progress < 1 ? progress : undefined}></progress>
                <${Button} kind="quiet" onClick=${cancel}>Cancel<//>`
          }
        </div>
        <input ref=${input} type="file" class="unseen" tabindex="-1" aria-hidden="true" accept=${ACCEPTED} data-kind=${kind}
          onChange=${(event) => (take(event.currentTarget.files[0]), (event.currentTarget.value = ""))} />
      </div>
      <div role="alert">${wrong && html`<${Wrong}>${wrong}<//>`}</div>
    </div>`;
}

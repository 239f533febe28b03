// The sign-in screen. Each sign-in method, such as an identity provider, is one entry of METHODS.
import { html, useEffect, useRef, useState } from "../core/preact.js";
import { api } from "../core/api.js";
import { endSession } from "../core/leave.js";
import { signIn } from "../core/session.js";
import { sentence } from "../core/messages.js";
import { Button, IconButton } from "../ui/controls.js";
import { Wrong } from "../ui/fields.js";
import { Mark } from "../ui/icons.js";
import { Notice } from "../ui/async_states.js";

const METHODS = [{ name: "key", Form: KeyForm }];
const SHAPE = /^cf_[0-9a-z]+_[0-9a-z]+$/;

export function SignIn() {
  useEffect(() => {
    document.title = "Sign in · Couponflow";
  }, []);
  return html`
    <main class="door">
      <div class="door-card">
        <p class="brand"><${Mark} />Couponflow</p>
        <h1>Sign in</h1>
        <p class="lead">Create coupons, design their pages and see who redeems them.</p>
        <${Methods} />
      </div>
    </main>`;
}

// Over the screen, and over any dialog that is open in it.
export function SignInAgain() {
  const element = useRef(null);
  useEffect(() => element.current.showModal(), []);
  return html`
    <dialog ref=${element} class="door" aria-labelledby="door-title" onCancel=${(event) => event.preventDefault()}>
      <div class="door-card">
        <p class="brand"><${Mark} />Couponflow</p>
        <h1 id="door-title">Sign in again</h1>
        <${Notice}>Your session has ended. What you typed is still there: sign in to go on where you were.<//>
        <${Methods} />
        <button type="button" class="text-button" onClick=${endSession}>Sign out instead</button>
      </div>
    </dialog>`;
}

const Methods = () => METHODS.map(({ name, Form }) => html`<${Form} key=${name} />`);

function KeyForm() {
  const [typed, setTyped] = useState("");
  const [isShown, setIsShown] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState("");
  const input = useRef(null);
  useEffect(() => input.current.focus(), []);

  const submit = async (event) => {
    event.preventDefault();
    const key = typed.trim();
    if (isBusy) return;
    setError("");
    try {
      if (!SHAPE.test(key)) throw new Error(key ? "A key looks like cf_…_…: copy all of it." : "Paste your key here.");
      setIsBusy(true);
      await api("GET", "/v1/coupons", { query: { limit: 1 }, credential: `Bearer ${key}` });
      signIn(key);
    } catch (refused) {
      setIsBusy(false);
      setError(sentence(refused));
      input.current?.focus();
    }
  };
  return html`
    <form class="stack" onSubmit=${submit} novalidate>
      <div class="field" data-invalid=${Boolean(error)}>
        <label for="key">Key</label>
        <div class="input-group">
          <input id="key" ref=${input} name="key" type=${isShown ? "text" : "password"} value=${typed} autocomplete="off" spellcheck=${false} autocapitalize="off"
            placeholder="cf_…" aria-describedby=${error ? "key-error key-hint" : "key-hint"} aria-invalid=${error ? "true" : undefined} onInput=${(event) => setTyped(event.currentTarget.value)} />
          <${IconButton} icon=${isShown ? "hidden" : "eye"} label=${isShown ? "Hide the key" : "Show the key"} onClick=${() => setIsShown(!isShown)} />
        </div>
        <div role="alert">${error && html`<${Wrong} id="key-error">${error}<//>`}</div>
        <p class="hint" id="key-hint">A key of your organisation with the admin scope. It stays in this tab and is forgotten when you close it.</p>
      </div>
      <${Button} kind="primary" type="submit" isBusy=${isBusy}>Sign in<//>
    </form>`;
}

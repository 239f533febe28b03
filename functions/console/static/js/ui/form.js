// A form: values, what is wrong with them, whether they differ from what is saved. What is typed survives a reload.
import { useEffect, useLayoutEffect, useRef, useState } from "../core/preact.js";
import { afterPress } from "../core/after_press.js";
import { guardLeaving } from "../core/router.js";
import { confirmLeaving } from "./dialog.js";
import { announce } from "./toasts.js";

export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// The API names a part of a field "hours.0.until".
const isPartOf = (name, field) => field === name || field.startsWith(`${name}.`);

// `check(values)` → {field: what is wrong}. `draft` names the place where unsaved values wait in this tab;
// a form without one is too small to be missed.
export function useForm({ saved, check = () => ({}), draft }) {
  const [base, setBase] = useState(saved);
  const [values, setValues] = useState(() => restored(draft, saved) ?? saved);
  const [wasRestored, setWasRestored] = useState(!same(values, base));
  const [refused, setRefused] = useState({});
  const [visited, setVisited] = useState({});
  const [isTried, setIsTried] = useState(false);
  const [isSaving, setIsSaving] = useState(false);
  const [failure, setFailure] = useState(null);
  const element = useRef(null);
  const isDirty = !same(values, base);
  const wrong = check(values);

  // Not after the next paint: whoever reloads right after typing has it too.
  useLayoutEffect(() => keep(draft, isDirty ? { base, values } : null), [draft, isDirty, base, values]);
  useLeaveGuard(Boolean(draft) && isDirty && !isSaving, draft);

  const set = (name, value) => {
    setValues((now) => ({ ...now, [name]: value }));
    setRefused((now) => Object.fromEntries(Object.entries(now).filter(([field]) => !isPartOf(name, field))));
  };
  const refusalOf = (name) => Object.entries(refused).find(([field]) => isPartOf(name, field))?.[1];
  const errorOf = (name) => refusalOf(name) ?? (isTried || visited[name] ? wrong[name] : undefined);
  const visit = (name) => setVisited((now) => (now[name] ? now : { ...now, [name]: true }));
  const left = (name) => afterPress(() => visit(name));

  // The saved values are the new base; input typed during the save remains.
  const settle = (now, sent = values) => {
    setBase(now);
    setValues((current) => (same(current, sent) ? now : current));
    setRefused({});
    setFailure(null);
    setIsTried(false);
    setVisited({});
    setWasRestored(false);
    keep(draft, null);
  };
  const reset = (now = base) => {
    setValues(now);
    settle(now, now);
  };

  // Another user's save is the new base. What was typed here goes on top of it, or is dropped.
  const rebase = (now, keepsMine) => {
    const mine = Object.fromEntries(Object.entries(values).filter(([name, value]) => !same(value, base[name])));
    settle(now, now);
    setValues(keepsMine ? { ...now, ...mine } : now);
  };

  // `save(values)` is called when nothing is wrong. A 422's errors find their fields by name.
  const submit = (save) => async (event) => {
    event?.preventDefault();
    if (isSaving) return;
    setIsTried(true);
    const names = Object.keys(wrong).filter((name) => wrong[name]);
    if (names.length) return showFirst(element, names.length);
    setIsSaving(true);
    setFailure(null);
    try {
      await save(values);
    } catch (error) {
      const fields = error.fields ?? {};
      setFailure(error);
      setRefused(fields);
      if (Object.keys(fields).length) showFirst(element, Object.keys(fields).length);
    } finally {
      setIsSaving(false);
    }
  };
  return {
    values,
    base,
    set,
    isDirty,
    isSaving,
    wasRestored,
    failure,
    refused,
    errorOf,
    visit,
    left,
    settle,
    reset,
    rebase,
    submit,
    element,
  };
}

function showFirst(element, number) {
  announce(number === 1 ? "One field needs another look." : `${number} fields need another look.`);
  requestAnimationFrame(() => element.current?.querySelector("[aria-invalid=true]")?.focus());
}

function useLeaveGuard(isDirty, draft) {
  useEffect(() => {
    if (!isDirty) return undefined;
    const ask = (event) => event.preventDefault();
    addEventListener("beforeunload", ask);
    const unguard = guardLeaving(async () => {
      const leaves = await confirmLeaving();
      if (leaves) keep(draft, null);
      return leaves;
    });
    return () => {
      removeEventListener("beforeunload", ask);
      unguard();
    };
  }, [isDirty, draft]);
}

const place = (draft) => `couponflow.draft.${draft}`;

// Only if the saved version is unchanged; else the draft would undo another user's change.
function restored(draft, saved) {
  if (!draft) return null;
  try {
    const kept = JSON.parse(sessionStorage.getItem(place(draft)) ?? "null");
    return kept && same(kept.base, saved) ? kept.values : null;
  } catch {
    return null;
  }
}

function keep(draft, value) {
  if (!draft) return;
  try {
    if (value) sessionStorage.setItem(place(draft), JSON.stringify(value));
    else sessionStorage.removeItem(place(draft));
  } catch {
    // Full or refused: the form works, it only does not survive a reload.
  }
}

// Things that come from the API: what is there, whether it is late, why it did not come.
import { useCallback, useEffect, useRef, useState } from "./preact.js";

const LATE_AFTER_MS = 2500;

// `load(signal)` is called again when `deps` change and by `reload()`. The old value remains until the new one arrives.
export function useResource(load, deps) {
  const [state, setState] = useState({ data: undefined, error: null, isLoading: true, isLate: false });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    const control = new AbortController();
    const late = setTimeout(() => setState((now) => ({ ...now, isLate: true })), LATE_AFTER_MS);
    setState((now) => ({ ...now, isLoading: true, isLate: false }));
    latest
      .current(control.signal)
      .then(
        (data) => ({ data, error: null }),
        (error) => ({ error }),
      )
      .then((outcome) => {
        clearTimeout(late);
        if (!control.signal.aborted) setState((now) => ({ ...now, ...outcome, isLoading: false, isLate: false }));
      });
    return () => {
      clearTimeout(late);
      control.abort();
    };
  }, [...deps, turn]);

  const reload = useCallback(() => setTurn((now) => now + 1), []);
  const set = useCallback((data) => setState((now) => ({ ...now, data })), []);
  return { ...state, reload, set };
}

// Looks again when the reader comes back to the tab, or the connection to the reader.
export function useReturns(reload) {
  useEffect(() => {
    const look = () => document.visibilityState === "visible" && reload();
    document.addEventListener("visibilitychange", look);
    addEventListener("online", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("online", look);
    };
  }, [reload]);
}

export function useDebounced(value, ms) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

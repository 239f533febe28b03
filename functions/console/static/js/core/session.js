// Who is signed in. The key lives in this tab only: sessionStorage is gone when the tab is, and no other tab sees it.
import { signal } from "./preact.js";

const STORED = "couponflow.key";

export const key = signal(read());
// A session that the API no longer accepts: the screen stays as it is, with what was typed, under the sign-in.
export const hasEnded = signal(false);

const waiting = [];

// The credential that requests carry. Sign-in through an identity provider will answer with its access token here.
export function authorization() {
  return key.value ? `Bearer ${key.value}` : null;
}

export function signIn(newKey) {
  write(newKey);
  key.value = newKey;
  hasEnded.value = false;
  for (const { resolve } of waiting.splice(0)) resolve();
}

export function signOut() {
  sessionStorage.clear();
  key.value = null;
  hasEnded.value = false;
  for (const { reject } of waiting.splice(0)) reject(new DOMException("signed out", "AbortError"));
}

// Resolves after the user signs in again; rejects after a sign-out.
export function renewed() {
  hasEnded.value = true;
  return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
}

function read() {
  try {
    return sessionStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function write(value) {
  try {
    sessionStorage.setItem(STORED, value);
  } catch {
    // A browser that keeps nothing: the session lasts until the page is reloaded.
  }
}

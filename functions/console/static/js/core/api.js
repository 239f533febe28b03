// The public JSON API, and nothing else: every answer and every failure in one shape.
import { authorization, key, renewed } from "./session.js";

const PATIENCE_MS = 30_000;
const TRIES = 4;

// What the API answered instead: `code` is stable, `fields` says by field what is wrong.
export class ApiError extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail ?? problem.title ?? `The service answered ${status}.`);
    this.status = status;
    this.code = problem.code ?? `http_${status}`;
    this.members = problem;
    this.retryAfter = retryAfter;
    this.fields = Object.fromEntries((problem.errors ?? []).map(({ field, message }) => [field, message]));
  }
}

// No answer: offline, no route, or too slow. Whether something happened is not known.
export class Unreachable extends Error {
  code = "unreachable";
}

// `credential` is for trying a key out before it is anybody's session.
// `idempotencyKey` names what one form creates, so that a repetition creates nothing more.
// `ifMatch` is the version that the form was opened with: a save on any other is refused (412).
export async function api(method, path, { query, body, signal, credential, idempotencyKey, ifMatch } = {}) {
  const address = path + written(query);
  for (let attempt = 1; ; attempt += 1) {
    const sentKey = key.value;
    try {
      const sent = { body, signal, credential: credential ?? authorization(), idempotencyKey, ifMatch };
      return await once(method, address, sent);
    } catch (error) {
      if (error.status === 401 && !credential) {
        if (sentKey === key.value) await renewed();
        attempt = 0;
      } else if (isSafeToRepeat(error, method, idempotencyKey ?? ifMatch) && attempt < TRIES) {
        await pause(error.retryAfter * 1000 * attempt, signal);
      } else {
        throw error;
      }
    }
  }
}

// One key for one body: a form that is sent again as it was creates nothing more.
export function idempotencyKeys() {
  let sent, name;
  return (body) => {
    const text = JSON.stringify(body);
    if (text !== sent) [sent, name] = [text, crypto.randomUUID()];
    return name;
  };
}

export const get = (path, options) => api("GET", path, options);
export const post = (path, body, options) => api("POST", path, { body, ...options });
export const put = (path, body, options) => api("PUT", path, { body, ...options });
export const patch = (path, body, options) => api("PATCH", path, { body, ...options });
export const remove = (path, options) => api("DELETE", path, options);

// After `outcome_unknown` the write may have been made: only a request whose repetition the service recognises is sent again.
function isSafeToRepeat(error, method, isRecognised) {
  if (error.status === 429 || error.code === "try_again") return true;
  return error.status === 503 && (method === "GET" || Boolean(isRecognised));
}

async function once(method, address, { body, signal, credential, idempotencyKey, ifMatch }) {
  const headers = { accept: "application/json" };
  if (idempotencyKey) headers["idempotency-key"] = idempotencyKey;
  if (ifMatch) headers["if-match"] = ifMatch;
  if (credential) headers.authorization = credential;
  if (body !== undefined) headers["content-type"] = "application/json";
  const limits = [AbortSignal.timeout(PATIENCE_MS), ...(signal ? [signal] : [])];
  let response;
  try {
    response = await fetch(address, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.any(limits),
      cache: "no-store",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable(navigator.onLine ? "The service does not answer." : "You are offline.");
  }
  const content = await read(response, signal);
  if (!response.ok) {
    const problem = typeof content === "object" && content ? content : {};
    throw new ApiError(response.status, problem, Number(response.headers.get("retry-after")) || 1);
  }
  const etag = response.headers.get("etag");
  if (etag && typeof content === "object" && content) versions.set(content, etag);
  return content;
}

const versions = new WeakMap();

// The version of something that came from the API, for `ifMatch`.
export const versionOf = (content) => versions.get(content);

async function read(response, signal) {
  const type = response.headers.get("content-type") ?? "";
  try {
    if (type.includes("json")) return await response.json();
    return await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable("The service's answer broke off.");
  }
}

function written(query) {
  const given = Object.entries(query ?? {}).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

// Images on their way to the service: checked, made smaller where needed, sent with progress, taken over.
import { post } from "./api.js";

const LARGEST = 2 * 1024 * 1024;
const LONGEST_SIDE = 2400;
const TYPES = ["image/png", "image/jpeg", "image/webp"];
export const ACCEPTED = TYPES.join(",");

export class Unfit extends Error {}

// Resolves to {image_id, url, width, height}. `onProgress` gets 0 to 1.
export async function upload(kind, file, { onProgress, signal }) {
  const sent = await fitting(file);
  const { image_id: id, upload: form } = await post(
    "/v1/images",
    { kind, content_type: sent.type, size: sent.size },
    { signal, idempotencyKey: crypto.randomUUID() },
  );
  await send(form, sent, onProgress, signal);
  const image = await post(`/v1/images/${id}/complete`, {}, { signal });
  remember(image);
  return image;
}

// The API gives page settings an image's id alone; what this tab has uploaded it can also show.
const known = new Map();
const remember = ({ image_id: id, url }) => known.set(id, shownAt(url));
export const addressOf = (id) => known.get(id);

// Whether the service itself may have the image: it has the last word.
export const isOurs = (url) => /^https?:\/\/[^/]+\/images\/[0-9a-f]{64}\.(webp|jpg)$/.test(url);

// A local stack has no https, so its images are asked for where the console came from.
export const shownAt = (url) => (isOurs(url) && url.startsWith("http:") ? new URL(url).pathname : url);

async function fitting(file) {
  if (!TYPES.includes(file.type)) throw new Unfit("Choose a PNG, JPEG or WebP image.");
  if (file.size <= LARGEST) return file;
  const smaller = await shrunk(file).catch(() => null);
  if (!smaller || smaller.size > LARGEST)
    throw new Unfit(`This image has ${megabytes(file.size)}; it can have 2 MB at most.`);
  return smaller;
}

async function shrunk(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const type = file.type === "image/jpeg" ? "image/jpeg" : "image/webp";
  return new Promise((resolve) => canvas.toBlob(resolve, type, 0.86));
}

const megabytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

// fetch tells nothing of how far an upload is; XMLHttpRequest does.
function send({ url, fields }, file, onProgress, signal) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onload = () =>
      request.status < 300 ? resolve() : reject(new Unfit("The image was not accepted. Try another one."));
    request.onerror = () => reject(new Unfit("The upload broke off. Try again."));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", url);
    request.send(form);
  });
}

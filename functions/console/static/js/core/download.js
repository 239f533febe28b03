// Files that the console saves on the marketer's computer.
import { Unreachable } from "./api.js";

export function save(content, name) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content]));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

// A file of its own address, without the key: storage refuses requests that carry one.
export async function download(url) {
  try {
    const response = await fetch(url, { cache: "no-store" });
    if (response.ok) return await response.blob();
  } catch {
    // As an answer that is none: the reader may try again.
  }
  throw new Unreachable("The file could not be fetched.");
}

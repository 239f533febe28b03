// Checks of web addresses that people type.
import { characters } from "./messages.js";

// Returns what is wrong with the address, or "".
export function httpsProblem(address, longest) {
  if (!address) return "Enter the address, beginning with https://.";
  if (characters(address) > longest) return `Use at most ${longest} characters.`;
  const isAddress = URL.canParse(address) && new URL(address).protocol === "https:" && !/\s/.test(address);
  return isAddress ? "" : "Enter a whole address, beginning with https://.";
}

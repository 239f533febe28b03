// Codes as the service compares them: case, hyphens and look-alikes do not make a difference.
const SHAPE = /^(?=.*[A-Za-z0-9])[A-Za-z0-9_-]{3,40}$/;
const LOOK_ALIKES = { I: "1", L: "1", O: "0", "-": "" };

export const canonical = (code) => code.toUpperCase().replace(/[ILO-]/g, (letter) => LOOK_ALIKES[letter]);

export function problem(code) {
  if (/[^A-Za-z0-9_-]/.test(code)) return "Use letters, digits, hyphens and underscores only.";
  if (code.length < 3) return "Use at least 3 characters.";
  if (code.length > 40) return "Use at most 40 characters.";
  return SHAPE.test(code) ? "" : "Use at least one letter or digit.";
}

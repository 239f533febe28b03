// A message that appears when a field loses focus moves the content below. Between press and release that would
// pull the button away from under the pointer, and the click would be lost.
let isPressed = false;

addEventListener("pointerdown", () => (isPressed = true), true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (isPressed = false), true);

export function afterPress(act) {
  if (!isPressed) return act();
  const later = () => setTimeout(act);
  addEventListener("pointerup", later, { once: true });
  return undefined;
}

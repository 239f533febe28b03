import { go, mayLeave } from "./router.js";
import { signOut } from "./session.js";

// Signing out asks, like any other way of leaving a screen with unsaved changes.
export async function endSession() {
  if (!(await mayLeave())) return;
  signOut();
  await go("/coupons", {}, { replace: true });
}

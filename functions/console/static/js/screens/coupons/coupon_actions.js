// What one can do with a coupon, in the list and on its own screens.
import { ApiError, patch, remove } from "../../core/api.js";
import { href } from "../../core/router.js";
import { sentence } from "../../core/messages.js";
import { confirm } from "../../ui/dialog.js";
import { toast } from "../../ui/toasts.js";

export function actionsOf(coupon, { onChanged, onLink, isInside }) {
  const { coupon_id: id, status, active } = coupon;
  const isArchived = status === "archived";
  return [
    !isInside && { label: "Edit details", href: href(`/coupons/${id}`) },
    !isInside && { label: "Redemption records", href: href(`/coupons/${id}/records`) },
    !isArchived && !isInside && { label: "Link for a customer…", onChoose: () => onLink(coupon) },
    { label: "Create a copy", href: href("/coupons/new", { from: id }) },
    !isArchived && { label: active ? "Disable" : "Enable", onChoose: () => toggle(coupon, onChanged) },
    !isArchived && { label: "Archive…", isDangerous: true, onChoose: () => archive(coupon, onChanged) },
  ].filter(Boolean);
}

async function toggle(coupon, onChanged) {
  const active = !coupon.active;
  if (
    !active &&
    !(await confirm({
      title: `Disable ${coupon.name}?`,
      text: "It is no longer handed out, and customers who have it can't redeem it, until you enable it again.",
      yes: "Disable",
    }))
  ) {
    return;
  }
  await attempt(async () => {
    await patch(`/v1/coupons/${coupon.coupon_id}`, { active, version: coupon.version });
    toast(active ? `${coupon.name} is enabled` : `${coupon.name} is disabled`);
  }, onChanged);
}

async function archive(coupon, onChanged) {
  const isSure = await confirm({
    title: `Archive ${coupon.name}?`,
    text: "Its links stop working for good and its code becomes free for another coupon. The redemption records stay. This can't be undone.",
    yes: "Archive coupon",
    isDangerous: true,
  });
  if (!isSure) return;
  await attempt(async () => {
    await remove(`/v1/coupons/${coupon.coupon_id}`);
    toast(`${coupon.name} is archived`);
  }, onChanged);
}

async function attempt(change, onChanged) {
  try {
    await change();
  } catch (error) {
    if (error.name === "AbortError") return;
    const isStale = error instanceof ApiError && error.status === 412;
    toast(
      isStale ? "Someone changed this coupon in between. Look at it as it is now, then try again." : sentence(error),
      "alert",
    );
  }
  onChanged();
}

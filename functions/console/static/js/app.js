// The frame around every screen: where one is, where one can go, and whether anybody is signed in.
import { html, useEffect, useState } from "./core/preact.js";
import { href, place } from "./core/router.js";
import { hasEnded, key } from "./core/session.js";
import { endSession } from "./core/leave.js";
import { Confirmation } from "./ui/dialog.js";
import { Icon, Mark } from "./ui/icons.js";
import { Empty, Notice } from "./ui/async_states.js";
import { Safely } from "./ui/boundary.js";
import { Toasts } from "./ui/toasts.js";
import { LinkButton } from "./ui/controls.js";
import { CouponList } from "./screens/coupons/coupons.js";
import { CouponFrame } from "./screens/coupons/coupon.js";
import { NewCoupon } from "./screens/coupons/new_coupon.js";
import { FlowBlocks } from "./screens/flow_blocks/list.js";
import { FlowBlock } from "./screens/flow_blocks/editor.js";
import { SignIn, SignInAgain } from "./screens/sign_in.js";
import { Page } from "./ui/page.js";

const ROUTES = [
  [/^\/(?:coupons)?\/?$/, () => html`<${CouponList} />`],
  [/^\/coupons\/new$/, () => html`<${NewCoupon} from=${place.value.query.from} key=${place.value.query.from} />`],
  [
    /^\/coupons\/([^/]+)(?:\/(redeem-page|records))?$/,
    (id, tab) => html`<${CouponFrame} key=${id} id=${id} tab=${tab ?? "details"} />`,
  ],
  [/^\/flow-blocks\/?$/, () => html`<${FlowBlocks} />`],
  [/^\/flow-blocks\/([^/]+)$/, (id) => html`<${FlowBlock} key=${id} id=${id === "new" ? null : id} />`],
];

function Screen() {
  const { path } = place.value;
  for (const [pattern, screen] of ROUTES) {
    const found = pattern.exec(path);
    if (found) return screen(...found.slice(1).map((part) => part && decodeURIComponent(part)));
  }
  return html`
    <${Page} title="Not found">
      <${Empty} icon="search" title="There is nothing at this address" action=${html`<${LinkButton} kind="primary" href=${href("/coupons")}>All coupons<//>`}>
        The link may be old, or a letter is missing.
      <//>
    <//>`;
}

export function App() {
  if (!key.value) return html`<${SignIn} /><${Toasts} />`;
  return html`
    <div class="shell" inert=${hasEnded.value}>
      <a class="skip" href="#content">Skip to content</a>
      <${Navigation} />
      <main id="content" tabindex="-1">
        <${Offline} />
        <${Safely} at=${place.value.path}><${Screen} /><//>
      </main>
      <${Confirmation} />
    </div>
    ${hasEnded.value && html`<${SignInAgain} />`}
    <${Toasts} />`;
}

function Navigation() {
  const isFlow = place.value.path.startsWith("/flow-blocks");
  return html`
    <header class="sidebar">
      <a class="brand" href=${href("/coupons")}><${Mark} />Couponflow</a>
      <nav aria-label="Console">
        <p class="nav-title" aria-hidden="true">E-commerce</p>
        <a href=${href("/coupons")} aria-current=${isFlow ? undefined : "page"}><${Icon} name="ticket" />Coupons</a>
        <a href=${href("/flow-blocks")} aria-current=${isFlow ? "page" : undefined}><${Icon} name="flow" />Flow blocks</a>
      </nav>
      <button type="button" class="sign-out" onClick=${endSession}><${Icon} name="out" /><span>Sign out</span></button>
    </header>`;
}

function Offline() {
  const [isOnline, setIsOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setIsOnline(navigator.onLine);
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => {
      removeEventListener("online", look);
      removeEventListener("offline", look);
    };
  }, []);
  return isOnline
    ? null
    : html`<div class="banner"><${Notice} kind="alert">You are offline. What you type stays here; saving works again once you are connected.<//></div>`;
}

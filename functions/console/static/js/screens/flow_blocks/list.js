// The Distribute Coupon blocks that flows refer to.
import { html } from "../../core/preact.js";
import { listed, whole } from "../../core/lists.js";
import { filled, valuesOf } from "../../core/placeholders.js";
import { useResource, useReturns } from "../../core/resource.js";
import { href } from "../../core/router.js";
import { channelOf } from "../../core/channels.js";
import { Copy, LinkButton } from "../../ui/controls.js";
import { Page } from "../../ui/page.js";
import { Badge } from "../../ui/usage.js";
import { Rows } from "../../ui/boundary.js";
import { Empty, Lines, Loaded } from "../../ui/async_states.js";

export function FlowBlocks() {
  const blocks = useResource(async (signal) => {
    const [items, coupons] = await Promise.all([listed("/v1/flow/blocks", signal), listed("/v1/coupons", signal)]);
    return { items, coupons: new Map(whole(coupons).map((coupon) => [coupon.coupon_id, coupon])) };
  }, []);
  useReturns(blocks.reload);
  const create = html`<${LinkButton} kind="primary" icon="plus" href=${href("/flow-blocks/new")}>New block<//>`;
  return html`
    <${Page} wide title="Flow blocks" lead="What a Distribute Coupon block in your flow builder sends, and where the flow goes on." actions=${blocks.data?.items.length ? create : null}>
      <${Loaded} resource=${blocks} what="flow blocks" skeleton=${html`<div class="card"><${Lines} /></div>`}>
        ${({ items, coupons }) =>
          items.length
            ? html`<ul class="block-list"><${Rows} items=${items} id="block_id" what="block"
                row=${(block) => html`<${Card} block=${block} coupon=${coupons.get(block.coupon_id)} />`}
                broken=${(words) => html`<li class="card block-card">${words}</li>`} /></ul>`
            : html`<${Empty} icon="flow" title="Your first Distribute Coupon block" action=${create}>Choose a coupon and write the message. You get a request to paste into your flow builder.<//>`}
      <//>
    <//>`;
}

const Card = ({ block, coupon }) => html`
  <li class="card block-card">
    <div class="block-card-head">
      <h2><a href=${href(`/flow-blocks/${block.block_id}`)}>${coupon?.name ?? "Coupon no longer listed"}</a></h2>
      ${coupon && html`<${Badge} status=${coupon.status} />`}
    </div>
    <p class="block-message">${filled(block.message ?? "", valuesOf(coupon)) || coupon?.name}</p>
    <p class="block-facts"><span>${channelOf(block.channel).label}</span><span>Button: ${block.button_title ?? "Redeem"}</span><span class="id-line"><code>${block.block_id}</code><${Copy} text=${block.block_id} label=${`block id ${block.block_id}`} /></span></p>
  </li>`;

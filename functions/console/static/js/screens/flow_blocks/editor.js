// One Distribute Coupon block: what it says, where the flow goes on, and the request to paste into the builder.
import { html, useMemo, useState } from "../../core/preact.js";
import { get, idempotencyKeys, post, put, remove, versionOf } from "../../core/api.js";
import { listed, whole } from "../../core/lists.js";
import { useForm } from "../../ui/form.js";
import { useResource } from "../../core/resource.js";
import { go, href } from "../../core/router.js";
import { OUTCOMES, limitsOf } from "../../core/channels.js";
import { PLACEHOLDERS, filled, valuesOf } from "../../core/placeholders.js";
import { Button, LinkButton } from "../../ui/controls.js";
import { confirm } from "../../ui/dialog.js";
import { Field, SelectField, TextField } from "../../ui/fields.js";
import { Page } from "../../ui/page.js";
import { Loaded, Notice } from "../../ui/async_states.js";
import { toast } from "../../ui/toasts.js";
import { ImageField } from "../../ui/upload.js";
import { shownAt } from "../../core/images.js";
import { sentence } from "../../core/messages.js";
import { SafeCard } from "../../ui/boundary.js";
import { Conflict } from "../../ui/conflict.js";
import { FormErrors } from "../../ui/form_errors.js";
import { blank, body, channelOptions, check, differences, fieldsOf, nameOf } from "./fields.js";
import { Bubble } from "./chat_bubble.js";
import { Request } from "./request_snippet.js";

export function FlowBlock({ id }) {
  const resource = useResource(
    async (signal) => {
      const [block, coupons] = await Promise.all([
        id ? get(`/v1/flow/blocks/${id}`, { signal }) : null,
        listed("/v1/coupons", signal),
      ]);
      return { block, coupons: whole(coupons) };
    },
    [id],
  );
  return html`
    <${Page} wide title=${id ? "Distribute Coupon block" : "New Distribute Coupon block"}
      above=${html`<nav class="crumbs" aria-label="Breadcrumb"><a href=${href("/flow-blocks")}>Flow blocks</a></nav>`}
      actions=${id && html`<${Button} kind="quiet-danger" onClick=${() => discard(id)}>Delete<//>`}>
      <${Loaded} resource=${resource} what="the block">${({ block, coupons }) => html`<${Editor} block=${block} coupons=${coupons} />`}<//>
    <//>`;
}

async function discard(id) {
  const isSure = await confirm({
    title: "Delete this block?",
    text: "Flows that still refer to it get the outcome “error”.",
    yes: "Delete block",
    isDangerous: true,
  });
  if (!isSure) return;
  try {
    await remove(`/v1/flow/blocks/${id}`);
    toast("The block is deleted");
    go("/flow-blocks");
  } catch (error) {
    toast(sentence(error), "alert");
  }
}

function Editor({ block: opened, coupons }) {
  const [block, setBlock] = useState(opened);
  const [theirs, setTheirs] = useState(null);
  const saved = block ? fieldsOf(block) : { ...blank, coupon_id: coupons.length === 1 ? coupons[0].coupon_id : "" };
  const couponOf = (id) => coupons.find((each) => each.coupon_id === id);
  const form = useForm({
    saved,
    check: (values) => check(couponOf(values.coupon_id))(values),
    draft: `block.${block?.block_id ?? "new"}`,
  });
  const coupon = couponOf(form.values.coupon_id);

  const keyOf = useMemo(idempotencyKeys, []);
  const save = form.submit(async (values) => {
    try {
      const kept = await (block
        ? put(`/v1/flow/blocks/${block.block_id}`, body(values), { ifMatch: versionOf(block) })
        : post("/v1/flow/blocks", body(values), { idempotencyKey: keyOf(body(values)) }));
      form.settle(fieldsOf(kept), values);
      toast("Block saved");
      if (!block) await go(`/flow-blocks/${kept.block_id}`, {}, { replace: true });
      setBlock(kept);
    } catch (error) {
      if (error.status === 412) return setTheirs(await get(`/v1/flow/blocks/${block.block_id}`));
      if (error.fields)
        error.fields = Object.fromEntries(Object.entries(error.fields).map(([field, words]) => [nameOf(field), words]));
      throw error;
    }
    return undefined;
  });
  const adopt = (keepsMine) => {
    setBlock(theirs);
    form.rebase(fieldsOf(theirs), keepsMine);
    setTheirs(null);
  };
  return html`
    <div class="split block-editor">
      <form class="split-main" ref=${form.element} onSubmit=${save} novalidate aria-label="Block settings">
        ${form.wasRestored && html`<${Notice} action=${html`<${Button} onClick=${() => form.reset()}>Discard<//>`}>These are your unsaved changes from before the page was loaded again.<//>`}
        ${theirs && html`<${Conflict} what="block" before=${fieldsOf(block)} theirs=${fieldsOf(theirs)} fields=${differences(coupons)} onTheirs=${() => adopt(false)} onMine=${() => adopt(true)} />`}
        <${Message} form=${form} coupon=${coupon} coupons=${coupons} />
        <${Fallbacks} form=${form} />
        <${FormErrors} form=${form} shown=${Object.keys(form.values)} />
        <div class="form-actions sticky">
          <${Button} kind="primary" type="submit" isBusy=${form.isSaving} disabled=${Boolean(theirs)}>${block ? "Save block" : "Create block"}<//>
          ${form.isDirty && block ? html`<${Button} onClick=${() => form.reset()}>Discard<//>` : !block && html`<${LinkButton} href=${href("/flow-blocks")}>Cancel<//>`}
        </div>
      </form>
      <div class="block-side">
        <${SafeCard} what="chat preview" at=${form.values}><${Bubble} values=${form.values} coupon=${coupon} /><//>
        <${SafeCard} what="request" at=${block}><${Request} block=${block} isDirty=${form.isDirty} /><//>
      </div>
    </div>`;
}

function Message({ form, coupon, coupons }) {
  const limits = limitsOf(form.values);
  const options = useMemo(() => {
    const listed = coupons.map(({ coupon_id, name, code }) => ({ value: coupon_id, label: `${name} (${code})` }));
    const isUnlisted = form.base.coupon_id && !coupons.some(({ coupon_id }) => coupon_id === form.base.coupon_id);
    return [
      { value: "", label: "Choose a coupon", isDisabled: true },
      ...(isUnlisted ? [{ value: form.base.coupon_id, label: "Archived coupon" }] : []),
      ...listed,
    ];
  }, [coupons]);
  const length = (name) => filled(form.values[name], valuesOf(coupon)).length;
  const input = (name) => (event) => {
    form.set(name, event.currentTarget.value);
    form.visit(name);
  };
  return html`
    <section class="card section">
      <h2>Message</h2>
      <div class="pair">
        <${SelectField} form=${form} name="coupon_id" label="Coupon" options=${options} />
        <${SelectField} form=${form} name="channel" label="Channel" options=${channelOptions} hint="Sets how long texts may be" />
      </div>
      <${Field} form=${form} name="message" label="Message content" length=${length("message")} max=${limits.message} isOptional hint=${html`Left empty, the coupon's name. You can use ${PLACEHOLDERS.map((name, at) => html`${at ? ", " : ""}<code>{{${name}}}</code>`)}`}>
        ${(control) => html`<textarea ...${control} rows="4" value=${form.values.message} placeholder="Here is a treat for you: {{coupon_name}}, valid until {{ends_at}}." onInput=${input("message")}></textarea>`}
      <//>
      <${Field} form=${form} name="button_title" label="Button title" isOptional length=${length("button_title")} max=${limits.button}>
        ${(control) => html`<input ...${control} type="text" autocomplete="off" value=${form.values.button_title} placeholder="Redeem" onInput=${input("button_title")} />`}
      <//>
      <${TextField} form=${form} name="image_url" label="Image URL" isOptional type="url" inputmode="url" placeholder="https://" hint="Or upload one; its address is filled in here" />
      <${ImageField} label="Block image" kind="block_image" isOptional=${false} value=${form.values.image_url || null} address=${form.values.image_url && !form.errorOf("image_url") ? shownAt(form.values.image_url) : undefined}
        hint="PNG, JPEG or WebP up to 2 MB" onChange=${(image) => form.set("image_url", image ? new URL(image.url, location.origin).href : "")} />
    </section>`;
}

const Fallbacks = ({ form }) => html`
  <section class="card section">
    <h2>Fallback flows</h2>
    <p class="section-lead">Where the flow goes on when there is no coupon to hand out: a flow's name or id in your builder. The answer has it as <code>next_flow</code>.</p>
    ${OUTCOMES.map(([outcome, label, hint]) => html`<${TextField} key=${outcome} form=${form} name=${outcome} label=${label} hint=${hint} isOptional placeholder="Flow name or id" />`)}
  </section>`;

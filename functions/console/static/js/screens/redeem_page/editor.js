// How customers see the coupon: settings on the left, their phone on the right.
import { html, useEffect, useState } from "../../core/preact.js";
import { get, put, versionOf } from "../../core/api.js";
import { useForm } from "../../ui/form.js";
import { useResource } from "../../core/resource.js";
import { Button } from "../../ui/controls.js";
import { Choices, Segments, SelectField, Switch, TextField } from "../../ui/fields.js";
import { Loaded, Notice } from "../../ui/async_states.js";
import { toast } from "../../ui/toasts.js";
import { ImageField } from "../../ui/upload.js";
import { ColorField } from "../../ui/color.js";
import { SafeCard } from "../../ui/boundary.js";
import { Conflict } from "../../ui/conflict.js";
import { FormErrors } from "../../ui/form_errors.js";
import { Preview } from "./preview.js";
import { DIFFERENCES, LOCALES, check, fieldsOf, nameOf, settingsOf } from "./settings_form.js";

export function RedeemPage({ coupon }) {
  const path = `/v1/coupons/${coupon.coupon_id}/redeem-page`;
  const page = useResource((signal) => get(path, { signal }), [path]);
  return html`<${Loaded} resource=${page} what="the redeem page">${(saved) => html`<${Editor} coupon=${coupon} path=${path} saved=${saved} />`}<//>`;
}

function Editor({ coupon, path, saved }) {
  const form = useForm({ saved: fieldsOf(saved), check, draft: `page.${coupon.coupon_id}` });
  const [opened, setOpened] = useState(saved);
  const [theirs, setTheirs] = useState(null);
  const [state, setState] = useState("available");
  const [view, setView] = useState("settings");
  const [previewed, setPreviewed] = useState(() => settingsOf(form.values));
  const isArchived = coupon.status === "archived";
  const isRight = !Object.keys(check(form.values)).length;
  // While something is half typed the phone goes on showing the page as it was last right.
  useEffect(() => {
    if (isRight) setPreviewed(settingsOf(form.values));
  }, [form.values]);

  const save = form.submit(async (values) => {
    try {
      const kept = await put(path, settingsOf(values), { ifMatch: versionOf(opened) });
      setOpened(kept);
      form.settle(fieldsOf(kept), values);
      toast("Redeem page saved");
    } catch (error) {
      if (error.status === 412) return setTheirs(await get(path));
      throw Object.assign(error, {
        fields: Object.fromEntries(Object.entries(error.fields ?? {}).map(([field, words]) => [nameOf(field), words])),
      });
    }
    return undefined;
  });
  const adopt = (keepsMine) => {
    setOpened(theirs);
    form.rebase(fieldsOf(theirs), keepsMine);
    setTheirs(null);
  };
  return html`
    <div class="view-switch"><${Segments} label="View" value=${view} onChange=${setView} options=${[
      { value: "settings", label: "Settings" },
      { value: "preview", label: "Preview" },
    ]} /></div>
    <div class="editor" data-view=${view}>
      <form class="editor-settings" ref=${form.element} onSubmit=${save} novalidate aria-label="Redeem page settings">
        ${isArchived && html`<${Notice}>This coupon is archived. Its page is no longer shown and can't be changed.<//>`}
        ${form.wasRestored && !theirs && html`<${Notice} action=${html`<${Button} onClick=${() => form.reset()}>Discard<//>`}>These are your unsaved changes from before the page was loaded again.<//>`}
        ${theirs && html`<${Conflict} what="page" before=${fieldsOf(opened)} theirs=${fieldsOf(theirs)} fields=${DIFFERENCES} onTheirs=${() => adopt(false)} onMine=${() => adopt(true)} />`}
        <${Code} form=${form} code=${coupon.code} />
        <${ButtonSettings} form=${form} />
        <${Look} form=${form} />
        <${Words} form=${form} />
        <${FormErrors} form=${form} shown=${Object.keys(form.values)} />
        <div class="form-actions sticky">
          <${Button} kind="primary" type="submit" isBusy=${form.isSaving} disabled=${isArchived || Boolean(theirs)}>Save Redeem Page<//>
          ${form.isDirty ? html`<${Button} onClick=${() => form.reset()}>Discard<//><span class="hint">Not saved yet</span>` : html`<span class="hint">All saved</span>`}
        </div>
      </form>
      <${SafeCard} what="preview" at=${previewed}><${Preview} couponId=${coupon.coupon_id} settings=${previewed} state=${state} onState=${setState} /><//>
    </div>`;
}

// Printed as thin lines on a phone's screen, a longer one is more than many scanners can tell apart.
const LONGEST_BARCODE = 20;

const Code = ({ form, code }) => html`
  <section class="card section">
    <h2>Code</h2>
    <${Choices} legend="Code on page" columns=${4} value=${form.values.code_display} onChange=${(value) => form.set("code_display", value)} options=${[
      { value: "text", label: "Text", icon: "text" },
      { value: "qr", label: "QR code", icon: "qr" },
      { value: "barcode", label: "Barcode", icon: "barcode" },
      { value: "hidden", label: "Hidden", icon: "hidden" },
    ]} />
    ${form.values.code_display === "barcode" && code.length > LONGEST_BARCODE && html`<${Notice}>This code has ${code.length} characters, so its barcode gets very fine. Scanners read a QR code better.<//>`}
    <${Switch} label="Copy code button" isOn=${form.values.copy_code_button} onChange=${(isOn) => form.set("copy_code_button", isOn)}
      hint="Lets customers paste the code into your shop." />
  </section>`;

const ButtonSettings = ({ form }) => html`
  <section class="card section">
    <h2>Redeem button</h2>
    <${Choices} legend="What the button does" isLegendUnseen value=${form.values.behavior} onChange=${(value) => form.set("behavior", value)} options=${[
      { value: "redeem", label: "Redeem here", hint: "Customers redeem on the page" },
      { value: "open_url", label: "Open a web page", hint: "Your shop redeems by the API" },
      { value: "none", label: "No button", hint: "Your staff redeem at the till" },
    ]} />
    ${form.values.behavior !== "none" && html`<${TextField} form=${form} name="label" label="Button label" isOptional max=${40} placeholder=${form.values.behavior === "redeem" ? "Redeem now" : "Open"} hint="Empty: our wording, in the customer's language" />`}
    ${form.values.behavior === "open_url" && html`<${TextField} form=${form} name="url" label="Web page" type="url" inputmode="url" placeholder="https://" onBlur=${() => form.left("url")} />`}
  </section>`;

const Look = ({ form }) => html`
  <section class="card section">
    <h2>Look</h2>
    <${ColorField} form=${form} name="background_color" label="Page background" />
    <${ImageField} label="Brand icon" kind="brand_icon" value=${form.values.brand_icon} error=${form.errorOf("brand_icon")} hint="Square, 256 pixels or more; PNG, JPEG or WebP up to 2 MB"
      onChange=${(image) => form.set("brand_icon", image?.image_id ?? null)} />
    <${ImageField} label="Campaign image" kind="campaign_image" value=${form.values.campaign_image} error=${form.errorOf("campaign_image")} hint="Wide, 1200 × 630 looks best; PNG, JPEG or WebP up to 2 MB"
      onChange=${(image) => form.set("campaign_image", image?.image_id ?? null)} />
  </section>`;

const Words = ({ form }) => html`
  <section class="card section">
    <h2>Words</h2>
    <${TextField} form=${form} name="terms" label="Terms and conditions" isOptional rows=${8} max=${10_000} hint="Rules and restrictions, shown below the coupon" />
    <${SelectField} form=${form} name="locale" label="Language of the page" options=${LOCALES} hint="Your own words stay as you typed them" />
  </section>`;

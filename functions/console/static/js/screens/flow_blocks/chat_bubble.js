// The message about as the chat will show it.
import { html, useEffect, useState } from "../../core/preact.js";
import { channelOf } from "../../core/channels.js";
import { isOurs, shownAt } from "../../core/images.js";
import { filled, valuesOf } from "../../core/placeholders.js";

export function Bubble({ values, coupon }) {
  const [isBroken, setIsBroken] = useState(false);
  useEffect(() => setIsBroken(false), [values.image_url]);
  const { message, button_title: title, image_url: image, channel } = values;
  const words = (text) => filled(text, valuesOf(coupon));
  return html`
    <section class="chat" aria-label="Message in ${channelOf(channel).label}">
      <p class="chat-title">${channelOf(channel).label}</p>
      <div class="bubble">
        ${(isOurs(image) || /^https:\/\/\S+\.\S+/.test(image)) && !isBroken && html`<img src=${shownAt(image)} alt="" onError=${() => setIsBroken(true)} />`}
        <p class="bubble-text">${words(message) || coupon?.name || "Your message"}</p>
        <p class="bubble-button">${words(title) || "Redeem"}</p>
      </div>
    </section>`;
}

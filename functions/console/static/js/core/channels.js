// What the chat channels take, as the service checks it when a block is saved. Lengths are UTF-16 units, as here.
import { isOurs } from "./images.js";

const PHOTOS = ["jpg", "jpeg", "png"];
const PICTURES = [...PHOTOS, "gif"];

export const CHANNELS = {
  whatsapp: { label: "WhatsApp", message: 1024, button: 20, images: PHOTOS },
  line: { label: "LINE", message: 160, messageBesideImage: 60, button: 20, images: PHOTOS },
  messenger: { label: "Messenger", message: 640, button: 20, images: PICTURES },
  instagram: { label: "Instagram", message: 640, button: 20, images: PICTURES },
  manychat: { label: "ManyChat", message: 640, button: 20, images: PICTURES },
  text: { label: "Plain text", message: 1024, button: 40 },
};

export const ANY = { label: "Any channel", message: 1024, button: 40 };

export const channelOf = (name) => CHANNELS[name] ?? ANY;

export function limitsOf({ channel, image_url: image }) {
  const { message, messageBesideImage, button } = channelOf(channel);
  return { message: image.trim() && messageBesideImage ? messageBesideImage : message, button };
}

// The error for an image type that the channel does not show. Our own images are served as JPEG.
export function imageProblem({ channel, image_url: image }) {
  const { label, images } = channelOf(channel);
  if (!images || isOurs(image)) return "";
  const kind = /\.(webp|svg|gif|avif|heic|heif|bmp|tiff?|jpe?g|png)$/i.exec(image.split(/[?#]/)[0])?.[1].toLowerCase();
  return kind && !images.includes(kind)
    ? `${label} shows ${images.filter((each) => each !== "jpeg").join(", ")} images; this is a .${kind}.`
    : "";
}

// The outcomes that a flow can branch on beside the one that all went well.
export const OUTCOMES = [
  ["coupon_expired", "Coupon expired", "The coupon's period is over"],
  ["customer_max_uses_reached", "Customer max uses reached", "This customer has had all of theirs"],
  ["coupon_max_uses_reached", "Coupon max uses reached", "All redemptions are taken"],
  ["error", "Error", "Disabled, unknown, or something failed"],
];

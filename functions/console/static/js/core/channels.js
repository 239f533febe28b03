// What the chat channels take: the limits that the service checks when a block is saved.
export const CHANNELS = {
  whatsapp: { label: "WhatsApp", text: 1024, button: 20 },
  line: { label: "LINE", text: 160, textWithImage: 60, button: 20 },
  messenger: { label: "Messenger", text: 640, button: 20 },
  instagram: { label: "Instagram", text: 640, button: 20 },
  manychat: { label: "ManyChat", text: 640, button: 20 },
  text: { label: "Plain text", text: 1024, button: 40 },
};

export const ANY = { label: "Any channel", text: 1024, button: 40 };

export const channelOf = (name) => CHANNELS[name] ?? ANY;

export function limitsOf({ channel, image_url: image }) {
  const { text, textWithImage, button } = channelOf(channel);
  return { text: image && textWithImage ? textWithImage : text, button };
}

// The outcomes that a flow can branch on beside the one that all went well.
export const OUTCOMES = [
  ["coupon_expired", "Coupon expired", "The coupon's period is over"],
  ["customer_max_uses_reached", "Customer max uses reached", "This customer has had all of theirs"],
  ["coupon_max_uses_reached", "Coupon max uses reached", "All redemptions are taken"],
  ["error", "Error", "Disabled, unknown, or something failed"],
];

const PLACEHOLDER = /\{\{\s*([a-z_]+)\s*\}\}/g;

export const PLACEHOLDERS = ["coupon_name", "coupon_code", "ends_at", "uses_left", "customer_name"];

// The text as a customer may read it; what only the service knows stands there by an example.
export const filled = (text, values) => text.replace(PLACEHOLDER, (whole, name) => values[name] ?? whole);

export const characters = (text) => [...text].length;

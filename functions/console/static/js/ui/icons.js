import { html } from "../core/preact.js";

const PATHS = {
  ticket:
    "M3 8a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v2a2 2 0 0 0 0 4v2a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-2a2 2 0 0 0 0-4zM14 6v2m0 3v2m0 3v2",
  flow: "M6 4h5v5H6zM13 15h5v5h-5zM8.500 9v5a3.500 3.500 0 0 0 3.500 3.500h1",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2 4.500 4.500",
  plus: "M12 5v14M5 12h14",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  check: "m5 12.500 4.500 4.500L19 7.500",
  close: "M6 6l12 12M18 6 6 18",
  alert: "M12 8v5m0 3.500h.01M12 3 2.500 20h19z",
  info: "M12 11v6m0-9.500h.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  left: "m14 6-6 6 6 6",
  right: "m10 6 6 6-6 6",
  upload: "M12 16V4m-5 5 5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
  download: "M12 4v12m-5-5 5 5 5-5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
  image: "M4 5h16v14H4zM4 16l4.500-4.500 4 4L15 13l5 5M15.500 9.500h.01",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.700-5.700L12 7.200M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.700 5.700L12 16.800",
  out: "M10 4H5v16h5M15 8l4 4-4 4m4-4H9",
  phone: "M7 3h10v18H7zM11 18h2",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.500V5m0 14v2.500M2.500 12H5m14 0h2.500M5.300 5.300 7 7m10 10 1.700 1.700m0-13.400L17 7M7 17l-1.700 1.700",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
  refresh: "M19.500 12a7.500 7.500 0 1 1-2.300-5.400M20 3.500V8h-4.500",
  play: "M8 5.500v13l10.500-6.500z",
  qr: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM18 14h2M14 18v2",
  barcode: "M4 6v12M7 6v12M10 6v12M13 6v12M15 6v12M18 6v12M20 6v12",
  text: "M5 7V5h14v2M12 5v14m-3 0h6",
  hidden:
    "M4 4l16 16M9.500 6a9 9 0 0 1 12 6 11 11 0 0 1-2.500 3.800M6 7.800A11 11 0 0 0 2.500 12 10 10 0 0 0 15 17.600M10 10.200a2.800 2.800 0 0 0 3.900 3.900",
  eye: "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  offline:
    "M4 4l16 16M2 9a15 15 0 0 1 4.500-2.800M22 9a15 15 0 0 0-10-4M5.500 12.500A10 10 0 0 1 9 10.300m6.500.5a10 10 0 0 1 3 1.700M9 16a4.500 4.500 0 0 1 6 0M12 19.500h.01",
};

export const Icon = ({ name, size = 18 }) => html`
  <svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width=${name === "more" ? 2.8 : 1.8}
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;

export const Mark = () => html`
  <svg class="mark" width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" class="mark-ground" />
    <path class="mark-ticket" d="M7 10.5A1.5 1.5 0 0 1 8.500 9h15a1.500 1.500 0 0 1 1.500 1.500V13a3 3 0 0 0 0 6v2.500a1.500 1.500 0 0 1-1.500 1.500h-15A1.500 1.500 0 0 1 7 21.500V19a3 3 0 0 0 0-6z" />
    <path class="mark-cut" d="M19 10v12" />
  </svg>`;

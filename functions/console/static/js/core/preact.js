// The only import of the library: screens import from here.
import { Component, Fragment, h, render } from "../../vendor/preact.js";
import htm from "../../vendor/htm.js";

export const html = htm.bind(h);
export { Component, Fragment, h, render };
export {
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "../../vendor/preact-hooks.js";
export { batch, computed, effect, signal } from "../../vendor/signals.js";

// Where something breaks, it alone is missing: error boundaries for a row, a card and a screen.
import { Component, html } from "../core/preact.js";
import { Button } from "./controls.js";
import { Icon } from "./icons.js";

// Shows `instead` if the children break, and tries them again when `at` changes.
export class Boundary extends Component {
  componentDidCatch(error) {
    console.error(error);
    this.setState({ error });
  }

  componentDidUpdate({ at }) {
    if (this.state.error && at !== this.props.at) this.setState({ error: null });
  }

  render({ children, instead }, { error }) {
    return error ? instead : children;
  }
}

// The rows of a list: `row(item)` each. A row that breaks becomes `broken(words)`, and the others stay.
export const Rows = ({ items, id, what, row, broken }) =>
  items.map((item, number) => {
    const name = typeof item?.[id] === "string" ? item[id] : "";
    const words = html`<span class="broken" role="note"><${Icon} name="alert" size=${16} />This ${what} can’t be shown.${name && html` <code>${name}</code>`}</span>`;
    return html`<${Boundary} key=${name || number} at=${item} instead=${broken(words)}><${Row} item=${item} row=${row} /><//>`;
  });

// A component of its own, so that a boundary is above what `row` does.
const Row = ({ item, row }) => row(item);

export const SafeCard = ({ what, at, children }) => html`
  <${Boundary} at=${at} instead=${html`<section class="card section"><p class="broken" role="note"><${Icon} name="alert" size=${16} />The ${what} can’t be shown.</p></section>`}>${children}<//>`;

// A screen that breaks says so; it does not take the console with it.
export const Safely = ({ at, children }) => html`
  <${Boundary} at=${at} instead=${html`<${BrokenScreen} />`}>${children}<//>`;

const BrokenScreen = () => html`
  <div class="state" role="alert">
    <span class="state-icon" data-kind="alert"><${Icon} name="alert" size=${26} /></span>
    <h1>This screen ran into a problem</h1>
    <p>Nothing that was saved is lost. Load the screen again; if it stays like this, tell your account manager.</p>
    <${Button} kind="primary" onClick=${() => location.reload()}>Load again<//>
  </div>`;

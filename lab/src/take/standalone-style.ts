/**
 * Style of the page in `standalone.ts`: one column, light or dark by the user's preference, with a contrast of at least
 * 4.5.
 */
export const STANDALONE_STYLE = `
:root { --paper: #ffffff; --ink: #1b1b1f; --soft: #55555f; --line: #85858f; --key: #1a56b0; --on-key: #ffffff; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16161a; --ink: #ececf1; --soft: #a9a9b4; --line: #777783; --key: #9cc2ff; --on-key: #10203a; --bad: #ffb4ab; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 1rem 0 0.25rem; }
p, footer { margin: 0 0 1rem; color: var(--soft); }
form { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; align-items: end; }
.wide { grid-column: 1 / -1; }
label { display: block; }
input { display: block; width: 100%; margin: 0; min-height: 2.75rem; font: inherit; color: inherit; accent-color: var(--key); }
input:not([type="range"]) { padding: 0.25rem 0.5rem; background: var(--paper); border: 1px solid var(--line); border-radius: 0.25rem; }
input::placeholder { color: var(--soft); opacity: 1; }
button { min-height: 2.75rem; padding: 0.25rem 1.5rem; font: inherit; font-weight: 600; border: 0; border-radius: 0.25rem;
  background: var(--key); color: var(--on-key); cursor: pointer; }
:focus-visible { outline: 3px solid var(--key); outline-offset: 2px; }
#trouble { color: var(--bad); margin: 1rem 0 0; min-height: 1.5em; }
pre { min-height: 8rem; margin: 0 0 1rem; padding: 0.75rem; border: 1px solid var(--line); border-radius: 0.25rem;
  white-space: pre-wrap; overflow-wrap: anywhere; font: 0.95rem/1.5 ui-monospace, monospace; }
`;

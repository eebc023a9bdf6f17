/** The report's style sheet: light and dark, phone and paper. */
export const style: string = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --muted: #59636e; --line: #d9dee4; --soft: #f5f7f9;
  --accent: #0b5cad; --best: #e7f1fb; --right: #1a6b3c; --wrong: #b3340c;
  --run-0: #0072b2; --run-1: #c4500a; --run-2: #00785a; --run-3: #a8548a; --run-4: #7a6a00; --run-5: #444c56;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e8ebee; --muted: #9aa5b1; --line: #333a42; --soft: #1c2026;
    --accent: #7ab8f5; --best: #1b2d40; --right: #5fcf8e; --wrong: #ff8f66;
    --run-0: #56b4e9; --run-1: #f0913c; --run-2: #3fcf9f; --run-3: #e29bc8; --run-4: #e6d84a; --run-5: #b5bdc6;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 70rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 0.5rem; text-wrap: balance; }
h2 { font-size: 1.25rem; letter-spacing: -0.005em; margin: 3rem 0 0.75rem; }
h3 { font-size: 0.9375rem; margin: 0 0 0.5rem; overflow-wrap: anywhere; }
.intro { font-size: 1.0625rem; max-width: 44rem; margin: 0; text-wrap: pretty; }
.facts, .note { color: var(--muted); font-size: 0.875rem; }
.facts { margin: 0.75rem 0 0; }
.note { margin: 0.75rem 0 0; }
h2 + .note { margin: -0.25rem 0 1rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.scroll { overflow-x: auto; position: relative; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 0.5rem 0.75rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
thead th { font-size: 0.8125rem; font-weight: 600; color: var(--muted); vertical-align: bottom; }
tbody th { font-weight: 600; white-space: nowrap; }
tbody tr:last-child > * { border-bottom-color: var(--muted); }
.results tbody > tr > * { padding: 0.75rem; }
.results tbody th { white-space: normal; width: 40%; }
.results small { display: block; font-weight: 400; font-size: 0.8125rem; line-height: 1.4; color: var(--muted); max-width: 24rem; margin-top: 0.125rem; }
.results thead th { color: var(--ink); font-size: 0.9375rem; }
.results b { font-size: 1.1875rem; font-weight: 600; }
.best { background: var(--best); }
.badge {
  font-size: 0.6875rem; font-weight: 600; color: var(--accent); border: 1px solid currentColor;
  border-radius: 1rem; padding: 0.05rem 0.4rem; margin-right: 0.125rem; vertical-align: 0.125rem;
}
.bar { display: block; position: relative; height: 6px; border-radius: 2px; background: var(--line); margin: 0.3125rem 0 0.3125rem auto; max-width: 10rem; }
.bar span { display: block; height: 100%; border-radius: 2px; background: var(--bar); }
.bar i { position: absolute; top: -2px; height: 10px; border: solid var(--ink); border-width: 0 1px; background: linear-gradient(var(--ink), var(--ink)) center / 100% 1px no-repeat; }
.interval { white-space: nowrap; font-size: 0.75rem; font-weight: 400; color: var(--muted); }
.delta { display: block; font-size: 0.8125rem; color: var(--muted); }
.results td small { display: inline; margin: 0; max-width: none; }
.results .delta small { display: block; font-size: 0.75rem; }
.classes td, .classes th { padding-block: 0.3125rem; white-space: nowrap; }
.classes th[colspan] { text-align: center; color: var(--ink); }
.classes .edge { border-left: 1px solid var(--line); }
.classes b { font-weight: 600; }
.mark { font-size: 0.5625rem; color: var(--accent); margin-left: 0.25rem; vertical-align: 0.0625rem; }
.classes .bar { width: 7rem; height: 4px; }
.classes .bar i { top: -2px; height: 8px; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-top: 1rem; font-size: 0.9375rem; }
a { color: var(--accent); }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

.maps { font-size: 0.875rem; margin: 0.75rem 0 0; }
.maps caption { padding-top: 0.5rem; }
.maps td, .maps th { padding: 0.3125rem 0.4375rem; white-space: nowrap; }
.maps th:first-child, .maps td:first-child { padding-left: 0; }
.maps th.name, .maps td.name { text-align: left; }
.maps th[colspan] { text-align: center; color: var(--ink); }
.maps .edge { border-left: 1px solid var(--line); }
.maps small { color: var(--muted); font-weight: 400; }
.maps b { font-weight: 600; }
.told { font-size: 0.875rem; margin: 0.75rem 0 0; padding-left: 1.25rem; max-width: 56rem; }
.told li { margin-top: 0.25rem; }
dl.told { padding: 0; color: var(--muted); }
dl.told dt { float: left; clear: left; font-weight: 600; margin-right: 0.375rem; }
dl.told dd { margin: 0; }

caption { text-align: left; font-weight: 600; padding: 0 0 0.25rem; }
.confused { width: auto; font-size: 0.875rem; margin: 0.75rem 0 1.25rem; }
.confused td, .confused th { padding: 0.25rem 0.625rem; text-align: center; white-space: nowrap; }
.confused th:first-child, .confused td:first-child { text-align: left; padding-left: 0; }
.confused small { color: var(--muted); }
.confused .edge { border-left: 1px solid var(--line); }
.confused thead th { line-height: 1.25; }
.confused .upright { padding-inline: 0.25rem; }
.confused .upright span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 10rem; overflow: hidden; text-overflow: ellipsis; }
.confused .heat, .confused .same { min-width: 2.5rem; font-variant-numeric: tabular-nums; }
.heat { background: color-mix(in srgb, var(--wrong) var(--heat), transparent); }
.heat.right { background: color-mix(in srgb, var(--accent) var(--heat), transparent); }
.confused .same { color: var(--muted); }

.key { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; padding: 0; margin: 0 0 1rem; font-size: 0.9375rem; }
.key svg { vertical-align: middle; margin-right: 0.5rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1.5rem 2rem; }
.charts figure { margin: 0; min-width: 0; break-inside: avoid; }
.charts figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; min-height: 1.75rem; font-size: 0.9375rem; }
.charts b { font-weight: 600; }
.charts output { color: var(--muted); font-size: 0.8125rem; font-variant-numeric: tabular-nums; }
.u-select { background: color-mix(in srgb, var(--accent) 15%, transparent); }

.filter { display: grid; gap: 0.75rem; margin: 0 0 1.25rem; padding: 0.875rem 1rem; background: var(--soft); border: 1px solid var(--line); border-radius: 8px; font-size: 0.875rem; }
.filter[hidden] { display: none; }
.filter fieldset { display: flex; flex-wrap: wrap; gap: 0.375rem; border: 0; padding: 0; margin: 0; min-width: 0; }
.filter fieldset input { position: absolute; opacity: 0; }
.filter fieldset span { display: block; padding: 0.3125rem 0.75rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--paper); cursor: pointer; }
.filter fieldset :checked + span { background: var(--accent); border-color: var(--accent); color: var(--paper); font-weight: 600; }
.filter fieldset :focus-visible + span { outline: 2px solid var(--accent); outline-offset: 2px; }
.filter .fields { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; }
.filter label { display: inline-flex; align-items: center; gap: 0.5rem; color: var(--muted); }
.filter fieldset label { color: var(--ink); position: relative; }
.filter select, .filter input[type="search"], .filter button { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 0.3125rem 0.5rem; max-width: 100%; min-width: 0; }
.filter button { cursor: pointer; }
.filter output { color: var(--muted); font-variant-numeric: tabular-nums; }
.example[hidden] { display: none; }
.reasons { list-style: none; display: flex; flex-wrap: wrap; gap: 0.125rem 1.25rem; margin: 0 0 0.5rem; padding: 0; font-size: 0.8125rem; color: var(--muted); }
.reasons b { font-weight: 600; color: var(--ink); }
.found { color: var(--right); }
.missed { color: var(--wrong); }
.found, .missed, .iou { display: block; font-variant-numeric: tabular-nums; }

.example { border-top: 1px solid var(--line); padding: 1rem 0 1.25rem; break-inside: avoid; }
.tags span { font-size: 0.75rem; font-weight: 500; color: var(--muted); background: var(--soft); border: 1px solid var(--line); border-radius: 1rem; padding: 0.05rem 0.55rem; margin-left: 0.25rem; }
.strip { display: grid; grid-template-columns: repeat(calc(var(--lead) + var(--runs)), minmax(0, 15rem)); gap: 0.75rem; align-items: start; }
.strip .first { grid-column-start: calc(var(--lead) + 1); }
.strip figure { margin: 0; }
.strip img { display: block; width: 100%; height: auto; border-radius: 4px; background: var(--soft); }
.strip figcaption { font-size: 0.8125rem; line-height: 1.35; color: var(--muted); margin-top: 0.3125rem; overflow-wrap: anywhere; }
.object { white-space: nowrap; margin-right: 0.25rem; }
.object i { display: inline-block; width: 0.6875rem; height: 0.6875rem; border-radius: 2px; margin-right: 0.25rem; vertical-align: -0.0625rem; }
.scale { display: inline-block; vertical-align: middle; width: 7rem; height: 0.625rem; border-radius: 2px; margin: 0 0.375rem; print-color-adjust: exact; -webkit-print-color-adjust: exact; }

.differing { width: auto; font-size: 0.875rem; margin-bottom: 1.5rem; }
.differing td, .differing th { padding-block: 0.3125rem; }
.differing td { background: var(--best); overflow-wrap: anywhere; }
.differing thead td { background: none; }
.settings { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 0 2rem; margin: 0; font-size: 0.875rem; }
.settings div { display: flex; justify-content: space-between; gap: 1rem; border-bottom: 1px solid var(--line); padding: 0.25rem 0; }
.settings dt { color: var(--muted); }
.settings dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: 0.75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font: 0.8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }

@media (max-width: 40rem) {
  main { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
  h2 { margin-top: 2.25rem; }
  th, td, .results tbody > tr > * { padding-inline: 0.375rem; }
  th:first-child { padding-left: 0; }
  .results tr { display: grid; grid-template-columns: repeat(var(--runs), minmax(5.25rem, 1fr)); border-bottom: 1px solid var(--line); }
  .results tr > *, .results tbody tr:last-child > * { border-bottom: 0; }
  .results tbody th { grid-column: 1 / -1; width: auto; padding: 0.625rem 0 0; }
  .results thead th:first-child { display: none; }
  .results td, .results thead th { text-align: left; }
  .results .bar { margin-left: 0; }
  .results small { max-width: none; }
  .strip { grid-template-columns: repeat(max(var(--lead), min(3, var(--runs))), minmax(0, 1fr)); gap: 0.5rem; }
  .strip .first { grid-column-start: 1; }
  .interval { white-space: normal; }
  .filter label { width: 100%; }
  .filter fieldset label { width: auto; }
  .filter select, .filter input[type="search"] { flex: 1; }
}
@media print {
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  nav, .filter { display: none; }
  .example[hidden] { display: block; }
  .best, .bar, .bar span, .bar i, .heat, .object i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .charts { grid-template-columns: repeat(2, 1fr); }
}
`;

import { expect, test } from "vitest";
import { html, jsonForScript, trusted } from "./html.ts";

test("escapes text, keeps markup, joins lists", () => {
  const item = (name: string) => html`<li title="${name}">${name}</li>`;
  expect(html`<ul>${["a", `"<b>'&`].map(item)}${undefined}</ul>`.markup).toBe(
    '<ul><li title="a">a</li>\n' +
      '<li title="&quot;&lt;b&gt;&#39;&amp;">&quot;&lt;b&gt;&#39;&amp;</li></ul>',
  );
  expect(html`${trusted("<br>")}${3}`.markup).toBe("<br>3");
});

test("data cannot close the script that holds it", () => {
  const data = { name: "</script><!--" };
  const { markup } = jsonForScript(data);
  expect(markup).not.toContain("<");
  expect(JSON.parse(markup)).toEqual(data);
});

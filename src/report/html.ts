/** Markup from templates that escape whatever they are given. */

/** Markup that is safe to insert as it is. */
export interface Html {
  readonly markup: string;
}

/** What a template takes: text is escaped, markup is not; nothing is nothing. */
export type HtmlValue = string | number | Html | readonly Html[] | undefined;

/** A tagged template: html`<p>${text}</p>`. */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  const parts = strings.map((part, i) => part + (i < values.length ? markupOf(values[i]) : ""));
  return { markup: parts.join("") };
}

/** Markup from a trusted place: style sheets, scripts, other templates' output. */
export function trusted(markup: string): Html {
  return { markup };
}

/** Text for element content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** Data for a script element: JSON that cannot close it. */
export function jsonForScript(data: unknown): Html {
  return { markup: JSON.stringify(data).replaceAll("<", "\\u003c") };
}

function markupOf(value: HtmlValue): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return escapeHtml(value);
  if ("markup" in value) return value.markup;
  return value.map(({ markup }) => markup).join("\n");
}

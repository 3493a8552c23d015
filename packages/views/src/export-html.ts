import { cleanText } from "@sotto/protocol";
import { getLocale } from "./messages.ts";

/**
 * HTML that others' names and texts are put into. Markup is only ever made here: a plain string is text, and what has been
 * escaped is of another type, so that neither can be taken for the other.
 */
export type Html = { html: string };
type Part = string | number | Html | readonly Html[] | null;

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

function escaped(text: string): string {
  return cleanText(text).replaceAll(/[&<>"'`]/gu, (character) => ENTITIES[character] ?? "");
}

/** markup`<b>${text}</b>`: whatever is filled in is text, except what this function made itself. */
export function markup(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let out = literals[0] ?? "";
  parts.forEach((part, at) => {
    out += filledIn(part) + (literals[at + 1] ?? "");
  });
  return { html: out };
}

function filledIn(part: Part): string {
  if (part === null) return "";
  if (typeof part === "string") return escaped(part);
  if (typeof part === "number") return String(part);
  return "html" in part ? part.html : part.map((each) => each.html).join("\n");
}

/** Colours of docs/design.md; nothing is fetched, nothing moves. */
export const EXPORT_STYLE = `
:root { color-scheme: light dark; --ground: #fdfdfe; --text: #191e2a; --second: #484d58; --rule: #dee1e5; --link: #2e57a5; --good: #12643c; --changed: #854c0a; --danger: #b32325; --own: #eceff5; }
@media (prefers-color-scheme: dark) { :root { --ground: #11141a; --text: #e6e8ec; --second: #b1b4bb; --rule: #262930; --link: #91bcf6; --good: #74d69c; --changed: #f2c06e; --danger: #f98e8b; --own: #232831; } }
body { margin: 0 auto; max-width: 44rem; padding: 2rem 1.25rem 4rem; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 0.25rem; }
h2 { font-size: 1rem; margin: 2.5rem 0 0.75rem; padding-bottom: 0.25rem; border-bottom: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 0; }
a { color: var(--link); }
time, .about, .system { color: var(--second); font-size: 0.875rem; font-weight: 400; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; }
th, td { text-align: start; vertical-align: top; padding: 0.375rem 0.75rem 0.375rem 0; border-bottom: 1px solid var(--rule); }
code { font: 0.8125rem ui-monospace, monospace; }
article { margin: 1rem 0; }
article p { margin: 0; white-space: pre-wrap; }
article.own { background: var(--own); border-radius: 0.5rem; padding: 0.5rem 0.75rem; }
article.thread { margin-inline-start: 2rem; border-inline-start: 2px solid var(--rule); padding-inline-start: 0.75rem; }
article .quote, article .marks { color: var(--second); font-size: 0.875rem; }
.system { margin: 1rem 0; }
.verified { color: var(--good); }
.changed, .notice { color: var(--changed); }
.blocked, .alarm { color: var(--danger); font-weight: 600; }
`;

/** SHA-256 of {@link EXPORT_STYLE}: the only style that such a page lets in. A test holds it. */
const STYLE_HASH = "sha256-cuC3l0dlzj8MsAwldL/ONOEXbA5r4tKNs0YZopzd6Gg=";

const POLICY = `default-src 'none'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

/** A whole page that stands by itself: no script, no picture, no address that is asked for by itself. */
export function exportDocument(title: string, body: readonly Html[]): string {
  const page = markup`<!doctype html>
    <html lang="${getLocale()}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${{ html: POLICY }}" />
        <meta http-equiv="x-dns-prefetch-control" content="off" />
        <meta name="referrer" content="no-referrer" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>${{ html: EXPORT_STYLE }}</style>
      </head>
      <body>
        ${body}
      </body>
    </html> `;
  return page.html;
}

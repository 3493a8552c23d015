// Finds text in the source of a screen that people would read, where it has only one language: between tags, in the
// attributes that are shown or read aloud, and in what is announced. It belongs into packages/views/messages.
import { parseSync } from "vite";

const READ = new Set([
  "alt",
  "aria-description",
  "aria-label",
  "aria-placeholder",
  "aria-roledescription",
  "aria-valuetext",
  "busyWords",
  "label",
  "note",
  "placeholder",
  "text",
  "title",
  "verb",
]);
const SAID = new Set(["toast", "announce"]);
/** Names, signs and what is typed as it stands: the same in every language. */
const UNIVERSAL = /^(?:A|Sotto|JSON|SHA-256|https?:\/\/\S*|[^\p{L}]*)$/u;
const VERBATIM = new Set(["code", "kbd", "pre"]);

/** @typedef {{ type: string, start: number, [key: string]: unknown }} Node */

/**
 * @param {string} file    its name, for the kind of syntax
 * @param {string} source  TypeScript with JSX
 * @returns {string[]} "12: the text"
 */
export function hardCodedText(file, source) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} can't be parsed: ${errors[0]?.message}`);
  /** @type {string[]} */
  const found = [];
  /** @param {number} at @param {string} text */
  const tell = (at, text) => {
    const words = text.replace(/\s+/g, " ").trim();
    if (!UNIVERSAL.test(words)) found.push(`${source.slice(0, at).split("\n").length}: ${words}`);
  };

  /** What an expression may come out as, as far as it stands there. @param {unknown} value */
  const literals = (value) => {
    if (!isNode(value)) return;
    if (value.type === "Literal" && typeof value["value"] === "string") tell(value.start, value["value"]);
    else if (value.type === "TemplateLiteral")
      for (const quasi of nodes(value["quasis"])) tell(quasi.start, textOf(quasi));
    else if (value.type === "ConditionalExpression") [value["consequent"], value["alternate"]].forEach(literals);
    else if (value.type === "LogicalExpression") [value["left"], value["right"]].forEach(literals);
    else if (value.type === "BinaryExpression" && value["operator"] === "+")
      [value["left"], value["right"]].forEach(literals);
    else if (value.type === "JSXExpressionContainer") literals(value["expression"]);
  };

  /** @param {unknown} value */
  const walk = (value) => {
    if (Array.isArray(value)) value.forEach(walk);
    if (!isNode(value)) return;
    if (value.type === "JSXElement" && (VERBATIM.has(nameOf(value)) || isKey(value, source))) return;
    if (value.type === "JSXText") tell(value.start, String(value["value"]));
    if (value.type === "JSXAttribute" && isNode(value["name"]) && READ.has(String(value["name"]["name"])))
      literals(value["value"]);
    if (value.type === "JSXElement" || value.type === "JSXFragment")
      for (const child of nodes(value["children"])) if (child.type === "JSXExpressionContainer") literals(child);
    if (value.type === "CallExpression" && isNode(value["callee"]) && SAID.has(String(value["callee"]["name"])))
      literals(nodes(value["arguments"])[0]);
    for (const child of Object.values(value)) if (typeof child === "object") walk(child);
  };
  walk(program);
  return found;
}

/** @param {unknown} value @returns {value is Node} */
function isNode(value) {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** @param {unknown} value @returns {Node[]} */
function nodes(value) {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** @param {Node} quasi of a template */
function textOf(quasi) {
  const { value } = quasi;
  return typeof value === "object" && value !== null && "cooked" in value ? String(value.cooked) : "";
}

/** What stands on a key. @param {Node} element @param {string} source */
function isKey(element, source) {
  return source.slice(element.start).startsWith('<span className="kbd');
}

/** @param {Node} element */
function nameOf(element) {
  const opening = element["openingElement"];
  return isNode(opening) && isNode(opening["name"]) ? String(opening["name"]["name"]) : "";
}

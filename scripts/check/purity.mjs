// Lint rules of our own, for what no rule of the linter covers.

/**
 * The part of the linter's plugin interface (ESLint's) that these rules use.
 * @typedef {object} Context
 * @property {(problem: { node: unknown, message: string }) => void} report
 *
 * @typedef {{ callee: { type: string, name?: string }, arguments: unknown[] }} Call
 */

/** `new Date()` and `Date()` read the clock; `new Date(ms)` does not. */
const noClock = {
  /** @param {Context} context */
  create(context) {
    return {
      /** @param {Call} node */
      NewExpression(node) {
        if (node.callee.type === "Identifier" && node.callee.name === "Date" && node.arguments.length === 0) {
          context.report({
            node,
            message: "This package knows no clock: take the time as an argument or from a port.",
          });
        }
      },
      /** @param {Call} node */
      CallExpression(node) {
        if (node.callee.type === "Identifier" && node.callee.name === "Date") {
          context.report({
            node,
            message: "This package knows no clock: take the time as an argument or from a port.",
          });
        }
      },
    };
  },
};

/** Markup made from text: whoever writes the text writes the page. */
const MARKUP_SINKS = new Set([
  "innerHTML",
  "outerHTML",
  "insertAdjacentHTML",
  "dangerouslySetInnerHTML",
  "srcdoc",
  "srcDoc",
]);

const noMarkupSinks = {
  /** @param {Context} context */
  create(context) {
    /**
     * @param {unknown} node
     * @param {string | undefined} name
     */
    const check = (node, name) => {
      if (name !== undefined && MARKUP_SINKS.has(name))
        context.report({ node, message: `${name} turns text into markup: build nodes instead.` });
    };
    return {
      /** @param {{ computed: boolean, property: { type: string, name?: string, value?: unknown } }} node */
      MemberExpression(node) {
        const { property } = node;
        check(node, !node.computed ? property.name : typeof property.value === "string" ? property.value : undefined);
      },
      /** @param {{ name: { type: string, name?: string } }} node */
      JSXAttribute(node) {
        check(node, node.name.name);
      },
      /** @param {{ key: { type: string, name?: string, value?: unknown } }} node */
      Property(node) {
        check(node, node.key.name ?? (typeof node.key.value === "string" ? node.key.value : undefined));
      },
    };
  },
};

export default {
  meta: { name: "sotto" },
  rules: { "no-clock": noClock, "no-markup-sinks": noMarkupSinks },
};

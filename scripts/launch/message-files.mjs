// The text of the apps as it is written: one file for each area and language, `packages/views/messages/en/common.json`.
// A value is a text with parameters in braces, or a list with one text for each plural form, as inlang's message format
// has them. What is wrong with the files is found here, before anything is made of them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const MESSAGES = "packages/views/messages";
/** The first is the one that the others are held against. */
export const LOCALES = ["en", "de"];

/**
 * @typedef {string | { declarations?: string[], selectors?: string[], match: Record<string, string> }[]} Message
 *
 * @typedef {object} MessageFiles
 * @property {Record<string, Record<string, Message>>} messages  by language, then by key
 * @property {Map<string, Parameters>} parameters  by key
 *
 * @typedef {Map<string, "text" | "number">} Parameters  of one message; a number where a plural depends on it
 */

/**
 * Reads every language and holds them against each other.
 * @param {string} root
 * @returns {MessageFiles & { problems: string[] }} one sentence for each problem
 */
export function readMessageFiles(root) {
  /** @type {string[]} */
  const problems = [];
  /** @type {MessageFiles["messages"]} */
  const messages = {};
  for (const locale of LOCALES) messages[locale] = readLocale(root, locale, problems);

  const [base = "en", ...others] = LOCALES;
  /** @type {Map<string, Parameters>} */
  const parameters = new Map();
  for (const [key, message] of Object.entries(messages[base] ?? {})) parameters.set(key, parametersOf(message));
  for (const locale of others) {
    const own = messages[locale] ?? {};
    for (const [key, expected] of parameters) {
      const message = own[key];
      if (message === undefined) problems.push(`${key} is missing in "${locale}".`);
      else if (inWords(parametersOf(message)) !== inWords(expected))
        problems.push(
          `${key} takes ${inWords(expected)} in "${base}" and ${inWords(parametersOf(message))} in "${locale}".`,
        );
    }
    for (const key of Object.keys(own))
      if (!parameters.has(key)) problems.push(`${key} is in "${locale}" and not in "${base}".`);
  }
  return { messages, parameters, problems };
}

/**
 * @param {string} root
 * @param {string} locale
 * @param {string[]} problems  gets what is wrong
 * @returns {Record<string, Message>}
 */
function readLocale(root, locale, problems) {
  const folder = join(root, MESSAGES, locale);
  /** @type {Record<string, Message>} */
  const found = {};
  for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) {
    if (!name.endsWith(".json")) continue;
    const file = `${locale}/${name}`;
    const text = readFileSync(join(folder, name), "utf8");
    /** @type {Record<string, Message>} */
    let area;
    try {
      area = JSON.parse(text);
    } catch (error) {
      problems.push(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`);
      continue;
    }
    const prefix = `${name.slice(0, -".json".length).replaceAll("-", "_")}_`;
    for (const [key, message] of Object.entries(area)) {
      if (!key.startsWith(prefix) || !/^[a-z0-9]+(_[a-z0-9]+)+$/.test(key))
        problems.push(`${key} in ${file} has to start with "${prefix}" and to be in small letters.`);
      if (Object.hasOwn(found, key)) problems.push(`${key} stands in two files of "${locale}".`);
      // JSON lets a key stand twice and the last one wins: nobody means that.
      if (text.split(`\n  "${key}":`).length > 2) problems.push(`${key} stands twice in ${file}.`);
      if (textsOf(message).length === 0 || textsOf(message).some((each) => each.trim() === ""))
        problems.push(`${key} in ${file} is empty.`);
      for (const form of missingForms(locale, message))
        problems.push(`${key} in ${file} has no text for the plural form "${form}".`);
      found[key] = message;
    }
  }
  return found;
}

/**
 * Every text that a message may come out as.
 * @param {Message} message
 * @returns {string[]}
 */
export function textsOf(message) {
  return typeof message === "string" ? [message] : message.flatMap(({ match }) => Object.values(match));
}

/**
 * @param {Message} message
 * @returns {Parameters}
 */
function parametersOf(message) {
  /** @type {Parameters} */
  const parameters = new Map();
  for (const text of textsOf(message))
    for (const [, name] of text.matchAll(/(?<!\\)\{\s*([a-zA-Z]\w*)\s*\}/g))
      if (name !== undefined) parameters.set(name, "text");
  // What a text is chosen by is a parameter too, whether or not it is shown.
  for (const line of declarationsOf(message)) {
    const [, name] = /^input\s+(\w+)$/.exec(line) ?? [];
    if (name !== undefined) parameters.set(name, "text");
  }
  for (const { input } of pluralsOf(message)) parameters.set(input, "number");
  return parameters;
}

/** @param {Message} message */
function declarationsOf(message) {
  return typeof message === "string" ? [] : message.flatMap((variant) => variant.declarations ?? []);
}

/**
 * `local countPlural = count: plural`
 * @param {Message} message
 */
function pluralsOf(message) {
  return declarationsOf(message).flatMap((line) => {
    const [, local, input] = /^local\s+(\w+)\s*=\s*(\w+)\s*:\s*plural\b/.exec(line) ?? [];
    return local === undefined || input === undefined ? [] : [{ local, input }];
  });
}

/**
 * The plural forms of the language for which a message has no text. A number in one of them would show the key.
 * @param {string} locale
 * @param {Message} message
 * @returns {string[]}
 */
function missingForms(locale, message) {
  if (typeof message === "string") return [];
  const cases = message.flatMap(({ match }) => Object.keys(match));
  const { pluralCategories } = new Intl.PluralRules(locale).resolvedOptions();
  return pluralsOf(message).flatMap(({ local }) =>
    cases.some((each) => each.includes(`${local}=*`))
      ? []
      : pluralCategories.filter((form) => !cases.some((each) => each.split(/,\s*/).includes(`${local}=${form}`))),
  );
}

/** @param {Parameters} parameters */
function inWords(parameters) {
  const list = [...parameters].map(([name, type]) => `${name} (${type})`).sort();
  return list.length === 0 ? "nothing" : list.join(" and ");
}

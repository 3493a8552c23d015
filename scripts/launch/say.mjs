// What the launcher says goes to stderr: stdout belongs to the program that it starts.

/** A failure that a person can act on. Its message is a whole sentence and is shown without a stack. */
export class LaunchError extends Error {}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`sotto: ${line}\n`);
}

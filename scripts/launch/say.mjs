// What the launcher says goes to stderr: stdout belongs to the program that it starts.

/** A failure that a person can act on. Its message is a whole sentence and is shown without a stack. */
export class LaunchError extends Error {
  /**
   * @param {string} message
   * @param {string} [output]  what the program that failed has printed, to be shown above
   */
  constructor(message, output = "") {
    super(message);
    this.output = output;
  }
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`sotto: ${line}\n`);
}

import { passwordVerdict, type PasswordEstimate } from "@sotto/views";
import type { Match } from "@zxcvbn-ts/core";
import { EXIT, Stop } from "./exit.ts";

/**
 * Refuses a new password that is easy to guess, with the reason.
 * @param personal  what an attacker knows: username, display name, the server's name
 */
export async function requireStrong(password: string, personal: readonly string[]): Promise<void> {
  const verdict = passwordVerdict(password, await estimate(password, personal));
  if (!verdict.accepted) throw new Stop(EXIT.failed, `That password is refused. ${verdict.advice}`);
}

/** Word lists of 2 MB: loaded only when somebody chooses a password. */
export async function estimate(password: string, personal: readonly string[]): Promise<PasswordEstimate> {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
    import("@zxcvbn-ts/language-en"),
  ]);
  const zxcvbn = new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
  });
  const { score, sequence } = zxcvbn.check(
    password,
    personal.filter((each) => each !== ""),
  );
  return { score, found: foundIn(sequence) };
}

/** What makes most of the password: that is the reason to give. */
function foundIn(sequence: readonly Match[]): PasswordEstimate["found"] {
  const [longest] = [...sequence].sort((a, b) => b.token.length - a.token.length);
  switch (longest?.pattern) {
    case "dictionary": {
      const name = String(longest["dictionaryName"]);
      if (name.startsWith("passwords")) return "common";
      return name.startsWith("userInputs") ? "name" : "word";
    }
    case "spatial":
      return "keyboard";
    case "repeat":
      return "repeat";
    case "sequence":
      return "sequence";
    case "date":
    case "regex":
      return "date";
    default:
      return "nothing";
  }
}

import { client, ready } from "@serenity-kit/opaque";
import { fromBase64Url, SottoError } from "@sotto/protocol";
import { isAsLongAs, PASSWORD_SUITE, SERVER_IDENTIFIER, workOf, type PasswordCost } from "./password-suite.ts";

export { PASSWORD_SUITE, type PasswordCost } from "./password-suite.ts";

/** A step under way: `state` stays here, `request` goes to the server. `state` is secret. */
export type PasswordStart = { state: string; request: string };

/** What finishes a step: the password again, under the name that the server knows, and the server's answer. */
export type PasswordFinish = { password: string; username: string; state: string; response: string };

/**
 * The client's half of OPAQUE (RFC 9807): the server never learns the password, not even at registration. The finishing steps take
 * about a second of a processor; run them off the UI thread.
 */
export interface PasswordClient {
  registerStart(password: string): Promise<PasswordStart>;
  /** `exportKey`: 64 bytes that only this password gives, at this registration and every later sign-in. */
  registerFinish(finish: PasswordFinish): Promise<{ record: string; exportKey: Uint8Array }>;
  loginStart(password: string): Promise<PasswordStart>;
  /** Undefined when the password is wrong, the name unknown, or the answer not an answer: one can't tell which. */
  loginFinish(
    finish: PasswordFinish,
  ): Promise<{ request: string; exportKey: Uint8Array; sessionKey: Uint8Array } | undefined>;
}

/** Loads the primitives ahead of their first use. Every method waits for it by itself. */
export function readyPasswordClient(): Promise<void> {
  return ready;
}

/** The same characters typed on another keyboard are the same password (RFC 8265 §4.2, OpaqueString). */
function prepared(password: string): string {
  return password.replaceAll(/\p{Zs}/gu, " ").normalize("NFC");
}

function bytesOfText(text: string): Uint8Array {
  const bytes = fromBase64Url(text);
  if (bytes === undefined) throw new TypeError("the password protocol gave something that isn't base64url");
  return bytes;
}

/** The product's client: {@link PASSWORD_SUITE}'s cost and no other. */
export function createPasswordClient(): PasswordClient {
  return clientAt(PASSWORD_SUITE.cost);
}

/**
 * A client at another cost, for tests and for what costs more.
 * @throws {SottoError} password/cost-refused when it is cheaper than the product's and `cheapForTests` isn't said.
 */
export function createPasswordClientAt(cost: PasswordCost, options: { cheapForTests?: boolean } = {}): PasswordClient {
  if (
    options.cheapForTests !== true &&
    (workOf(cost) < workOf(PASSWORD_SUITE.cost) || cost.memory < PASSWORD_SUITE.cost.memory)
  ) {
    throw new SottoError("password/cost-refused", "Guessing at this password would cost less than Sotto demands.", {
      kind: "none",
    });
  }
  return clientAt(cost);
}

function clientAt(cost: PasswordCost): PasswordClient {
  const keyStretching = { "argon2id-custom": { ...cost } };
  const under = (username: string) => ({ keyStretching, identifiers: { client: username, server: SERVER_IDENTIFIER } });
  return {
    async registerStart(password) {
      await ready;
      const { clientRegistrationState, registrationRequest } = client.startRegistration({
        password: prepared(password),
      });
      return { state: clientRegistrationState, request: registrationRequest };
    },
    async registerFinish({ password, username, state, response }) {
      await ready;
      if (!isAsLongAs("registrationResponse", response)) throw unusable();
      try {
        const { registrationRecord, exportKey } = client.finishRegistration({
          password: prepared(password),
          clientRegistrationState: state,
          registrationResponse: response,
          ...under(username),
        });
        return { record: registrationRecord, exportKey: bytesOfText(exportKey) };
      } catch {
        // The library's own text is of no use to a person, and it may quote its input.
        throw unusable();
      }
    },
    async loginStart(password) {
      await ready;
      const { clientLoginState, startLoginRequest } = client.startLogin({ password: prepared(password) });
      return { state: clientLoginState, request: startLoginRequest };
    },
    async loginFinish({ password, username, state, response }) {
      await ready;
      if (!isAsLongAs("loginResponse", response)) return undefined;
      try {
        const finished = client.finishLogin({
          password: prepared(password),
          clientLoginState: state,
          loginResponse: response,
          ...under(username),
        });
        if (finished === undefined) return undefined;
        return {
          request: finished.finishLoginRequest,
          exportKey: bytesOfText(finished.exportKey),
          sessionKey: bytesOfText(finished.sessionKey),
        };
      } catch {
        return undefined;
      }
    },
  };
}

function unusable(): SottoError {
  return new SottoError("request/malformed", "The server's answer to the sign-up can't be used.", { kind: "retry" });
}

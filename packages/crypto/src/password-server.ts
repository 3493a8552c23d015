import { ready, server } from "@serenity-kit/opaque";
import { isAsLongAs, SERVER_IDENTIFIER } from "./password-suite.ts";

/**
 * The server's half of OPAQUE (RFC 9807). Messages are base64url text; hostile ones give undefined or false, never an exception.
 * About a millisecond each: no key stretching happens here.
 */
export interface PasswordServer {
  /** @returns the registration response, or undefined for a malformed request. */
  startRegistration(username: string, registrationRequest: string): string | undefined;
  /**
   * @param record the stored registration record; undefined for an unknown username, which gets an answer that looks like any
   *               other and fails as late (RFC 9807 §10.9).
   */
  startLogin(
    username: string,
    record: string | undefined,
    startLoginRequest: string,
  ): { state: string; loginResponse: string } | undefined;
  /** @returns whether the other side knows the password. */
  finishLogin(state: string, finishLoginRequest: string): boolean;
}

/** Loads the primitives. Nothing here may be used before. */
export function readyPasswordServer(): Promise<void> {
  return ready;
}

/** The server's long-term secrets, made once: who has them can guess offline at every password (RFC 9807 §10.11). Keep them apart from the database. */
export async function createPasswordSetup(): Promise<string> {
  await ready;
  return server.createSetup();
}

/** @param setup from {@link createPasswordSetup} @throws {TypeError} when it isn't one */
export async function openPasswordServer(setup: string): Promise<PasswordServer> {
  await ready;
  if (!isSetup(setup)) throw new TypeError("not a password setup");
  const identifiers = (username: string) => ({ client: username, server: SERVER_IDENTIFIER });
  return {
    startRegistration(username, registrationRequest) {
      if (!isAsLongAs("registrationRequest", registrationRequest)) return undefined;
      return attempt(
        () =>
          server.createRegistrationResponse({ serverSetup: setup, userIdentifier: username, registrationRequest })
            .registrationResponse,
      );
    },
    startLogin(username, record, startLoginRequest) {
      if (!isAsLongAs("startLogin", startLoginRequest)) return undefined;
      if (record !== undefined && !isAsLongAs("registrationRecord", record)) return undefined;
      return attempt(() => {
        const { serverLoginState, loginResponse } = server.startLogin({
          serverSetup: setup,
          userIdentifier: username,
          registrationRecord: record ?? null,
          startLoginRequest,
          identifiers: identifiers(username),
        });
        // A username holds no space.
        return { state: `${username} ${serverLoginState}`, loginResponse };
      });
    },
    finishLogin(state, finishLoginRequest) {
      if (!isAsLongAs("finishLogin", finishLoginRequest)) return false;
      const space = state.indexOf(" ");
      const serverLoginState = state.slice(space + 1);
      return (
        attempt(() =>
          server.finishLogin({ serverLoginState, finishLoginRequest, identifiers: identifiers(state.slice(0, space)) }),
        ) !== undefined
      );
    },
  };
}

function isSetup(setup: string): boolean {
  return attempt(() => server.getPublicKey(setup)) !== undefined;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

import * as v from "valibot";
import { Username, equalBytes } from "@sotto/protocol";
import { resetCodeHash } from "./codes.ts";
import { openIdentity } from "./identity.ts";
import { isRecord } from "./proofs.ts";
import { refuse, tooMany } from "./refusal.ts";
import type { OpenHandler, Service } from "./service.ts";
import { PROOF_MS } from "./session.ts";
import { concernedBy, dropProofs, endSessions } from "./sign-out.ts";
import type { AccountRow, ResetProof } from "./store.ts";

const proofOf = ({ ports }: Service, code: string | null): ResetProof | null =>
  code === null ? null : { codeHash: resetCodeHash(ports.hash, code), at: ports.clock.now() };

/** A code of the server's owner opens a server that takes nobody new: its owner knows whom it is for. */
export const startSignUp: OpenHandler<"sign-up.start"> = async (
  service,
  { session },
  { username, registrationRequest, resetCode },
) => {
  const { ports, limiters } = service;
  if (!ports.signUpOpen && resetCode === null) return refuse("account/sign-up-closed");
  const wait = limiters.signUps.take(session.peer.address);
  if (wait > 0) return tooMany(wait);
  session.hasBegunSignUp = true;
  const name = v.safeParse(Username, username);
  if (!name.success) return refuse("account/name-invalid");
  const proof = proofOf(service, resetCode);
  if (proof !== null && !(await ports.store.mayReset(name.output, proof))) return refuse("account/reset-code-wrong");
  if (proof === null && (await ports.store.accountByName(name.output)) !== undefined)
    return refuse("account/name-taken");
  const registrationResponse = ports.passwords.startRegistration(name.output, registrationRequest);
  return registrationResponse === undefined ? refuse("request/malformed") : { registrationResponse };
};

/** One transaction: name, OPAQUE record, vault, genesis and addDevice, key packages (DL10), and the end of the account before (DL17). */
export const finishSignUp: OpenHandler<"sign-up.finish"> = async (service, { session }, parameters) => {
  const { ports } = service;
  const { username, resetCode, registrationRecord, vault, chain, device, keyPackages, lastResort } = parameters;
  if (!ports.signUpOpen && resetCode === null) return refuse("account/sign-up-closed");
  if (!isRecord(registrationRecord)) return refuse("request/malformed");
  // Whoever leaves the first step out is counted all the same.
  const wait = session.hasBegunSignUp ? 0 : service.limiters.signUps.take(session.peer.address);
  if (wait > 0) return tooMany(wait);
  session.hasBegunSignUp = false;
  const identity = openIdentity(chain);
  const only = identity?.devices[0];
  if (
    identity === undefined ||
    identity.closed ||
    identity.devices.length !== 1 ||
    only?.device !== device ||
    !only.active
  )
    return refuse("account/bad-statement");
  const account = { account: identity.account, username, passwordRecord: registrationRecord, vault, chain };
  const outcome = await ports.store.createAccount(
    { ...account, device: { device, signInKey: only.signInKey, keyPackages, lastResort } },
    proofOf(service, resetCode),
  );
  if (outcome.kind !== "created") {
    // A repeat after a lost answer. Statements are public: only vault and record show that it is the one who signed up.
    const stored = await ports.store.accountByName(username);
    const secrets = stored?.account === identity.account ? await ports.store.secretsOf(stored.key) : undefined;
    const isRepeat =
      secrets !== undefined && equalBytes(secrets.vault, vault) && secrets.passwordRecord === registrationRecord;
    if (!isRepeat)
      return refuse(outcome.kind === "account-exists" ? "account/bad-statement" : `account/${outcome.kind}`);
  } else if (outcome.replaced !== null) {
    const [old] = await ports.store.accounts([outcome.replaced]);
    if (old !== undefined) await sayReplaced(service, old);
  }
  session.proven.set(identity.account, ports.clock.now() + PROOF_MS);
  return { account: identity.account };
};

/** The account before has no session any more, and who shares a conversation with it hears that something happened to it. */
async function sayReplaced(service: Service, old: AccountRow): Promise<void> {
  endSessions(service, old, "all", "account/replaced");
  dropProofs(service, old.account);
  for (const session of await concernedBy(service, old))
    service.hall.tell(session, { event: "chain", account: old.account });
}

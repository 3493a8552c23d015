import { beginLink, linkQr, onLinkMessageToNew, verifyChain, type LinkNewDevice } from "@sotto/crypto";
import { LINK_CEREMONY_SECONDS, LINK_CODE_SECONDS, type ServerEvent } from "@sotto/protocol";
import type { Linking } from "../api.ts";
import type { Connection } from "../connection.ts";
import { nameOfKind } from "./device-names.ts";
import { exchange, isLost, openExchange, pauseBeforeTry, TRIES_MAX } from "./exchange.ts";
import { failureOf } from "../failure.ts";
import { linkExpired, linkMismatch, type LinkUnderWay } from "./linking.ts";
import { makeDeviceKeys, makeFirstKeyPackages, type DeviceKeys, type Enrolled } from "./new-device.ts";
import type { Ports, Store } from "../ports.ts";

type Admitted = Extract<LinkNewDevice, { kind: "enrolled" }>;

/**
 * A device that is signed out shows a code and waits for a signed-in one to take it. It proves its own keys and believes
 * nothing but a chain that ends with them. Whether it is let in is decided on the other device alone.
 * @param enrol takes over once the account has admitted this device
 */
export async function offerLink(
  ports: Ports,
  {
    store,
    show,
    enrol,
  }: {
    store: Store;
    show: (state: Linking) => void;
    enrol: (work: () => Promise<Enrolled>) => Promise<void>;
  },
): Promise<LinkUnderWay> {
  const keys = await makeDeviceKeys(ports);
  const { signInKey, leafKey } = keys;
  const begun = beginLink(
    {
      signInPublicKey: signInKey.publicKey,
      signWithSignInKey: (message) => ports.signInKeys.sign(signInKey.reference, message),
      leafKey,
      kind: ports.deviceKind,
      name: nameOfKind(ports.deviceKind),
    },
    ports.random,
  );
  let { link } = begun;
  let code = "";
  let isOver = false;
  let queue: Promise<void> = Promise.resolve();
  let stopTimer = (): void => undefined;

  const end = (): void => {
    isOver = true;
    stopTimer();
    connection.close();
  };
  const fail = (error: unknown): void => {
    if (isOver) return;
    end();
    show({ kind: "failed", failure: failureOf(error) });
  };
  const endAfter = (seconds: number): number => {
    stopTimer();
    stopTimer = ports.clock.after(seconds * 1000, () => fail(linkExpired()));
    return ports.clock.now() + seconds * 1000;
  };
  const take = async (message: Uint8Array | null): Promise<void> => {
    if (isOver) return;
    if (message === null) throw linkExpired();
    const step = await onLinkMessageToNew(link, message, ports.random);
    link = step.link;
    if (link.kind === "failed") throw linkMismatch();
    if (link.kind === "comparing")
      show({ kind: "compare", digits: link.digits, asks: null, expiresAt: endAfter(LINK_CEREMONY_SECONDS) });
    if (link.kind === "proving") show({ kind: "admitting" });
    if (step.reply !== null) await connection.request("link.send", { code, message: step.reply });
    if (link.kind !== "enrolled") return;
    const admitted = link;
    stopTimer();
    isOver = true;
    await enrol(() => enrolLinked(ports, store, connection, { admitted, keys }));
    connection.close();
    show({ kind: "done" });
  };
  const hear = (event: ServerEvent): void => {
    if (event.event !== "link" || event.code !== code) return;
    const { message } = event;
    queue = queue
      .then(() => take(message))
      .catch((error: unknown) => {
        // A failure of the enrolment comes after the link itself was over.
        if (!isOver) return fail(error);
        connection.close();
        show({ kind: "failed", failure: failureOf(error) });
      });
  };
  const connection: Connection = await openExchange(ports, { event: hear, closed: () => fail(linkExpired()) });
  try {
    const opened = await connection.request("link.open", { commitment: begun.commitment });
    code = opened.code;
  } catch (error) {
    end();
    throw error;
  }
  show({ kind: "waiting", code, qr: linkQr(code, begun.commitment), expiresAt: endAfter(LINK_CODE_SECONDS) });
  return { cancel: end };
}

/** The account key has signed: key packages and the statement go to the server, again if the answer is lost. */
async function enrolLinked(
  ports: Ports,
  store: Store,
  connection: Connection,
  { admitted, keys }: { admitted: Admitted; keys: DeviceKeys },
): Promise<Enrolled> {
  const { account, device, enrolment } = admitted;
  const statements = enrolment.chain;
  const statement = statements.at(-1);
  const verdict = verifyChain(statements);
  if (statement === undefined || verdict.kind === "invalid") throw linkMismatch();
  const parts = await makeFirstKeyPackages(ports, store, { account, device, leafKey: keys.leafKey, statements });
  const add = async (each: Connection): Promise<void> =>
    void (await each.request("device.add", { account, statement, device, ...parts }));
  for (let tries = 1; ; tries++) {
    try {
      await (tries === 1 ? add(connection) : exchange(ports, add));
      break;
    } catch (error) {
      if (!isLost(error) || tries >= TRIES_MAX) throw error;
      await pauseBeforeTry(ports, tries);
    }
  }
  const { username, archiveKeys, recoveryKeyUnsaved, vaultRevision } = enrolment;
  return {
    account: { account, username, statements, revision: vaultRevision, archiveKeys, recoveryKeyUnsaved },
    device,
    keys,
  };
}

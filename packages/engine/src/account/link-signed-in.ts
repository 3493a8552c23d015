import {
  askForProofs,
  createAddDeviceFromProofs,
  enrolLinked,
  greetLink,
  onLinkMessageToOld,
  parseLinkCode,
  type LinkOldDevice,
} from "@sotto/crypto";
import { LINK_CEREMONY_SECONDS, SottoError, cleanName, type DeviceId } from "@sotto/protocol";
import { expectNotice, NOTICE } from "./account-notices.ts";
import { parseUsername } from "./account-proof.ts";
import type { Linking } from "../api.ts";
import { RefusedError } from "../connection.ts";
import { failureOf } from "../failure.ts";
import { linkExpired, linkMismatch, linkUnknown, type LinkUnderWay } from "./linking.ts";
import { fetchOwnChain } from "./own-chain.ts";
import type { SignedIn } from "../signed-in.ts";
import { withVault } from "./vault-access.ts";

type Proved = Extract<LinkOldDevice, { kind: "proved" }>;
type Settle<T> = { resolve: (value: T) => void; reject: (error: unknown) => void };

/**
 * A signed-in device takes the code of a new one, shows what asks to be admitted and the digits that a person compares, and admits
 * it by the password. Nothing is admitted that the person didn't compare: there is no other way on from there.
 * @throws SottoError link/unknown, link/mismatch when the server's answer isn't what was scanned
 */
export async function takeLink(
  client: SignedIn,
  { codeOrQr, show }: { codeOrQr: string; show: (state: Linking) => void },
): Promise<LinkUnderWay> {
  const { context } = client;
  const { ports } = context;
  const brought = parseLinkCode(codeOrQr);
  if (brought === undefined) throw linkUnknown();
  const { code, prefix } = brought;
  show({ kind: "connecting" });
  const { commitment } = await context
    .online()
    .request("link.claim", { code })
    .catch((error: unknown) => {
      throw error instanceof RefusedError && error.code === "link/unknown" ? linkUnknown() : error;
    });
  const greeted = greetLink({ commitment, prefix }, ports.random);
  let { link } = greeted;
  let isOver = false;
  let admitted: DeviceId | undefined;
  let proofs: Settle<Proved> | undefined;
  let outcome: Settle<void> | undefined;
  const expiresAt = ports.clock.now() + LINK_CEREMONY_SECONDS * 1000;

  const end = (): void => {
    if (isOver) return;
    isOver = true;
    stopTimer();
    client.onLink = undefined;
    client.onOwnChain = undefined;
  };
  const tellOther = (): void => {
    if (context.isOnline())
      // It may be over there already.
      void context
        .online()
        .request("link.cancel", { code })
        .catch(() => undefined);
  };
  const fail = (error: unknown): void => {
    if (isOver) return;
    end();
    tellOther();
    show({ kind: "failed", failure: failureOf(error) });
    proofs?.reject(error);
    outcome?.reject(error);
  };
  const send = (message: Uint8Array): Promise<unknown> => context.online().request("link.send", { code, message });
  /** The chain decides whether the new device is there, whatever was said on the way. */
  const look = (): boolean => {
    const isThere = context.people
      .chain(context.account)
      ?.devices.some(({ device, active }) => device === admitted && active);
    if (isThere !== true || isOver) return false;
    end();
    show({ kind: "done" });
    outcome?.resolve();
    return true;
  };
  const take = (message: Uint8Array | null): void => {
    if (isOver) return;
    if (message === null) {
      if (admitted === undefined) return fail(linkExpired());
      void fetchOwnChain(context).then(
        () => void (look() || fail(linkExpired())),
        (error: unknown) => fail(error),
      );
      return;
    }
    link = onLinkMessageToOld(link, message);
    if (link.kind === "proved") return proofs?.resolve(link);
    if (link.kind !== "comparing") return fail(linkMismatch());
    const { kind, name } = link.asks;
    show({ kind: "compare", digits: link.digits, asks: { kind, name: cleanName(name) }, expiresAt });
  };
  const stopTimer = ports.clock.after(LINK_CEREMONY_SECONDS * 1000, () => fail(linkExpired()));

  if (greeted.message === null) {
    end();
    tellOther();
    throw linkMismatch();
  }
  client.onLink = (event) => {
    if (event.code === code) take(event.message);
  };
  client.onOwnChain = () => void look();
  await send(greeted.message).catch((error: unknown) => {
    end();
    throw error;
  });

  return {
    cancel: () => {
      const wasOver = isOver;
      end();
      if (!wasOver) tellOther();
      proofs?.reject(linkExpired());
      outcome?.reject(linkExpired());
    },
    admit: async (password) => {
      const comparing = link;
      if (isOver || comparing.kind !== "comparing" || proofs !== undefined)
        throw new SottoError("link/unknown", "No device waits to be admitted.", { kind: "none" });
      const proving = new Promise<Proved>((resolve, reject) => (proofs = { resolve, reject }));
      // It may be rejected while nobody waits for it yet.
      proving.catch(() => undefined);
      const { digits, asks } = comparing;
      show({ kind: "admitting" });
      const { vault, chain: before } = await withVault(client, password, async (opened) => ({
        change: null,
        result: opened,
      })).catch((error: unknown) => {
        // A mistyped password ends nothing: the digits are still the same.
        proofs = undefined;
        if (!isOver)
          show({ kind: "compare", digits, asks: { kind: asks.kind, name: cleanName(asks.name) }, expiresAt });
        throw error;
      });
      if (isOver) throw linkExpired();
      const asked = askForProofs(comparing, before.account, ports.random);
      link = asked.link;
      const done = new Promise<void>((resolve, reject) => (outcome = { resolve, reject }));
      done.catch(() => undefined);
      try {
        await send(asked.message);
        const proved = await proving;
        const { statements } = await fetchOwnChain(context);
        const { accountPrivateKey, archiveKeys, recoveryKey } = vault.contents;
        const added = await createAddDeviceFromProofs({
          chain: statements,
          accountPrivateKey,
          ...proved.asks,
          ...proved.proofs,
          addedAt: context.statementTime(),
        });
        expectNotice(context, NOTICE.deviceAdded(added.device));
        admitted = added.device;
        const enrolment = {
          username: parseUsername(client.identity.username),
          chain: [...statements, added.statement],
          archiveKeys,
          recoveryKeyUnsaved: recoveryKey !== null,
          vaultRevision: vault.revision,
        };
        await send(enrolLinked(proved, enrolment, ports.random));
        look();
        await done;
      } catch (error) {
        fail(error);
        throw error;
      }
    },
  };
}

import type { AccountNotice, Change, Engine, Failure, Linking, OwnDevice, Person, Session } from "@sotto/engine";
import type { AccountId, ErrorCode } from "@sotto/protocol";
import { bytesOf, deviceOf } from "./cast.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Made with the product's own function, so that its checksum holds. */
export const RECOVERY_KEY = "TBDE-DMDM-C9A1-7TPY-HJQW-P1PP-T2EA-K1HG";

/** What the fake knows of its own account. */
export type Account = {
  devices: OwnDevice[];
  notices: AccountNotice[];
  linking: Linking;
  recoveryKey: string | null;
  reclaimAt: number | null;
};

export function failure(code: ErrorCode): Failure {
  return { code, message: code, remedy: { kind: "none" } };
}

export const refuse = (code: ErrorCode): Promise<never> => Promise.reject(failure(code));
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function device(name: string, kind: string, change: Partial<OwnDevice> & { addedAt: number }): OwnDevice {
  return {
    device: deviceOf(name),
    name,
    kind,
    lastSeenAt: null,
    current: false,
    active: true,
    revokedAt: null,
    fingerprint: [...bytesOf(`print ${name}`, 10)].map((byte) => String(byte % 100).padStart(2, "0")).join(""),
    ...change,
  };
}

export function accountOfWorld(now: number, which: string): Account {
  const notice = (kind: "device-added" | "password-changed", at: number): AccountNotice =>
    kind === "device-added"
      ? { kind, notice: kind, at, device: deviceOf("Terminal on carrel"), name: "Terminal on carrel" }
      : { kind, notice: kind, at };
  const current = device("joan", "web", { name: "Work laptop", addedAt: now - 51 * DAY, current: true });
  return {
    devices:
      which === "single"
        ? [current]
        : [
            current,
            device("Phone", "web", { addedAt: now - 33 * DAY, lastSeenAt: now - HOUR / 2 }),
            device("Terminal on carrel", "terminal", { addedAt: now - 2 * HOUR, lastSeenAt: now - 13 * HOUR }),
            device("Old laptop", "web", { addedAt: now - 700 * DAY, active: false, revokedAt: now - 34 * DAY }),
          ],
    notices:
      which === "notices"
        ? [
            {
              kind: "reclaim-announced",
              notice: "reclaim",
              at: now - HOUR,
              device: deviceOf("Phone"),
              name: "Phone",
              completesAt: now + 23 * HOUR,
              own: false,
            },
            notice("device-added", now - 2 * HOUR),
          ]
        : which === "cloned"
          ? [{ kind: "cloned", notice: "cloned", at: now - HOUR }]
          : which === "added"
            ? [notice("device-added", now - 2 * HOUR)]
            : [],
    linking: { kind: "none" },
    recoveryKey: RECOVERY_KEY,
    reclaimAt: which === "reclaiming" ? now - HOUR : null,
  };
}

type AccountEngine = Pick<
  Engine,
  | "recover"
  | "startLink"
  | "claimLink"
  | "admitLink"
  | "cancelLink"
  | "linking"
  | "devices"
  | "renameDevice"
  | "revokeDevice"
  | "changePassword"
  | "recoveryKey"
  | "confirmRecoveryKey"
  | "changeRecoveryKey"
  | "announceReclaim"
  | "completeReclaim"
  | "dismissNotice"
  | "holdings"
  | "closeAccount"
  | "verification"
  | "verify"
  | "unverify"
  | "acceptIdentity"
  | "setBlocked"
  | "setContactName"
>;

/** The part of the fake engine that is about one's own account and about whom one trusts. The password "wrong" is wrong. */
export function fakeAccount(
  world: { account: Account; people: Person[]; session: Session; now: number },
  emit: (...changes: Change[]) => void,
  signIn: (username: string) => void,
  unpause: (account: AccountId) => void,
): AccountEngine {
  const { account } = world;
  const link = (linking: Linking) => {
    account.linking = linking;
    emit({ kind: "linking" });
  };
  const change = (part: Partial<Extract<Session, { kind: "signed-in" }>>) => {
    if (world.session.kind === "signed-in") world.session = { ...world.session, ...part };
    emit({ kind: "session" });
  };
  const known = async (password: string) => {
    await pause(250);
    if (password === "wrong") throw failure("account/sign-in-failed");
  };
  const person = (id: AccountId): Person => {
    const found = world.people.find((one) => one.account === id);
    if (found === undefined) throw failure("account/unknown");
    return found;
  };
  const trusts = (id: AccountId, trust: Person["trust"]) => {
    person(id).trust = trust;
    unpause(id);
    emit({ kind: "people" }, { kind: "conversations" });
  };
  const settled = (id: AccountId) => trusts(id, "unverified");

  return {
    async recover({ username, recoveryKey }) {
      await pause(300);
      if (recoveryKey.replaceAll(/[\s-]/gu, "") !== RECOVERY_KEY.replaceAll("-", ""))
        return refuse("account/recovery-failed");
      signIn(username);
    },
    async startLink() {
      link({
        kind: "waiting",
        code: "7KQ29MXD",
        qr: "SOTTO LINK 7KQ29MXD AEBAGBAFAYDQQCIKBMGA2DQPCA",
        expiresAt: Date.now() + 60_000,
      });
    },
    async claimLink({ codeOrQr }) {
      link({ kind: "connecting" });
      await pause(200);
      if (/Z{8}/u.test(codeOrQr.replaceAll(/\s/gu, "")))
        return link({ kind: "failed", failure: failure("link/unknown") });
      const asks = { kind: "web", name: "Chrome on Android" };
      link({ kind: "compare", digits: "627014", asks, expiresAt: Date.now() + 300_000 });
    },
    async admitLink({ password }) {
      await known(password);
      link({ kind: "admitting" });
      await pause(300);
      account.devices.push(device("Chrome on Android", "web", { addedAt: Date.now(), lastSeenAt: Date.now() }));
      link({ kind: "done" });
      emit({ kind: "devices" });
    },
    cancelLink: async () => link({ kind: "none" }),
    linking: async () => account.linking,
    devices: async () => [...account.devices],
    async renameDevice({ device: id, name }) {
      account.devices = account.devices.map((one) => (one.device === id ? { ...one, name } : one));
      emit({ kind: "devices" });
    },
    async revokeDevice({ device: id, password }) {
      await known(password);
      await pause(600);
      account.devices = account.devices.map((one) =>
        one.device === id ? { ...one, active: false, revokedAt: Date.now() } : one,
      );
      account.notices = account.notices.filter((one) => !("device" in one) || one.device !== id);
      change({ notices: account.notices });
      emit({ kind: "devices" });
    },
    changePassword: ({ password }) => known(password),
    async recoveryKey({ password }) {
      await known(password);
      return { recoveryKey: account.recoveryKey };
    },
    async confirmRecoveryKey({ recoveryKey }) {
      await pause(200);
      if (recoveryKey.replaceAll(/[\s-]/gu, "") !== account.recoveryKey?.replaceAll("-", ""))
        return refuse("recovery-key/malformed");
      account.recoveryKey = null;
      change({ recoveryKeyUnsaved: false });
    },
    async changeRecoveryKey({ password }) {
      await known(password);
      account.recoveryKey = RECOVERY_KEY;
      change({ recoveryKeyUnsaved: true });
      return { recoveryKey: RECOVERY_KEY };
    },
    async announceReclaim() {
      await pause(200);
      const at = Date.now();
      const alone = account.devices.filter(({ active }) => active).length === 1;
      const completesAt = alone ? at : at + DAY;
      const own = { device: deviceOf("joan"), name: "Work laptop", own: true };
      account.notices = [{ kind: "reclaim-announced", notice: "own", at, completesAt, ...own }, ...account.notices];
      change({ notices: account.notices });
      return { completesAt };
    },
    async completeReclaim() {
      await pause(300);
      account.notices = account.notices.filter(({ kind }) => kind !== "reclaim-announced");
      account.recoveryKey = RECOVERY_KEY;
      change({ notices: account.notices, recoveryKeyUnsaved: true });
      return { recoveryKey: RECOVERY_KEY };
    },
    async dismissNotice({ notice }) {
      account.notices = account.notices.filter((one) => one.notice !== notice);
      change({ notices: account.notices });
    },
    async holdings() {
      await pause(150);
      return [
        { what: "Sealed messages and changes of keys", rows: 4_182, bytes: 3_904_112 },
        { what: "Archive records", rows: 612, bytes: 143_208 },
        { what: "Key packages", rows: 96, bytes: 181_344 },
        { what: "Identity chain", rows: 5, bytes: 1_204 },
        { what: "Vault", rows: 1, bytes: 1_380 },
        { what: "Password record", rows: 1, bytes: 192 },
      ];
    },
    async closeAccount({ password, username }) {
      await known(password);
      if (world.session.kind !== "signed-in" || username !== world.session.username) return refuse("account/unknown");
      world.session = { kind: "signed-out" };
      emit({ kind: "session" });
    },
    async verification(id) {
      const { trust, username } = person(id);
      const digits = [...bytesOf(`safety ${username}`, 60)].map((byte) => byte % 10).join("");
      return {
        account: id,
        trust,
        safetyNumber: digits.match(/.{5}/gu)?.join(" ") ?? "",
        qr: `SOTTO VERIFY ${digits}`,
        verifiedAt: trust === "verified" || trust === "changed" ? world.now - 12 * DAY : null,
        changedAt: trust === "changed" ? world.now - 2 * HOUR : null,
      };
    },
    async verify({ account: id, qr }) {
      await pause(150);
      const { qr: theirs } = await this.verification(id);
      if (qr !== undefined && qr !== theirs) return refuse("trust/mismatch");
      trusts(id, "verified");
    },
    unverify: async ({ account: id }) => settled(id),
    acceptIdentity: async ({ account: id }) => settled(id),
    setBlocked: async ({ account: id, blocked }) => trusts(id, blocked ? "blocked" : "unverified"),
    async setContactName({ account: id, name }) {
      person(id).contactName = name;
      emit({ kind: "people" }, { kind: "conversations" });
    },
  };
}

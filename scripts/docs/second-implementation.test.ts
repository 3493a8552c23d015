// docs/protocol.md, followed to the letter with nothing but Node's own cryptography, against the code: a second
// implementation can be written from that page. Whoever changes a format changes both.
import { createHash, createPrivateKey, createPublicKey, hkdfSync, sign, verify } from "node:crypto";
import {
  beginLink,
  createAddDevice,
  createGenesis,
  createLeave,
  createRevokeDevice,
  createVault,
  entryHash,
  fingerprint,
  generateKeyPair,
  greetLink,
  linkQr,
  logHeadExtension,
  nextHead,
  onLinkMessageToNew,
  parseRecoveryKey,
  postIdOfContent,
  printRecoveryKey,
  recoverySigningKey,
  roomNameHash,
  safetyNumber,
  sealArchiveRecord,
  sessionChallengeMessage,
  signRecoveryChallenge,
  verifyChain,
  verifyLeave,
  type KeyPair,
} from "@sotto/crypto";
import {
  decodeContent,
  decodePostData,
  encodeAccepted,
  encodeCommitBody,
  encodeCommitData,
  encodeContent,
  encodeConversationExtension,
  encodeEntry,
  encodeEnvelope,
  encodePage,
  encodePostData,
  encodeProfile,
  encodeRoster,
  encodeSubmit,
  idBytes,
  pad,
  textPost,
  toBase64Url,
  type ConversationId,
  type SendId,
} from "@sotto/protocol";
import { expect, test } from "vitest";

// What the page takes for granted: CBOR, SHA-256, HKDF and Ed25519.

type Value = number | bigint | string | null | boolean | Uint8Array | Value[] | { [key: string]: Value };

function head(major: number, value: number | bigint): Buffer {
  const n = BigInt(value);
  const type = major << 5;
  if (n < 24n) return Buffer.from([type | Number(n)]);
  const size = n < 0x100n ? 1 : n < 0x1_0000n ? 2 : n < 0x1_0000_0000n ? 4 : 8;
  const bytes = Buffer.alloc(1 + size);
  bytes[0] = type | { 1: 24, 2: 25, 4: 26, 8: 27 }[size]!;
  for (let i = 0; i < size; i++) bytes[1 + i] = Number((n >> BigInt(8 * (size - 1 - i))) & 0xffn);
  return bytes;
}

/** Deterministic CBOR (RFC 8949 §4.2.1) of what the protocol uses. */
function cbor(value: Value): Buffer {
  if (typeof value === "number" || typeof value === "bigint") return head(0, value);
  if (value === null) return Buffer.from([0xf6]);
  if (typeof value === "boolean") return Buffer.from([value ? 0xf5 : 0xf4]);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  const pairs = Object.entries(value).map(([key, item]) => [cbor(key), cbor(item)] as const);
  pairs.sort(([a], [b]) => Buffer.compare(a, b));
  return Buffer.concat([head(5, pairs.length), ...pairs.flat()]);
}

const H = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const u32 = (value: number): Buffer =>
  Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
const u64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
const kdf = (secret: Uint8Array, label: string, length: number): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), label, length));
const SPKI = Buffer.from("302a300506032b6570032100", "hex");
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const publicKey = (raw: Uint8Array) =>
  createPublicKey({ key: Buffer.concat([SPKI, raw]), format: "der", type: "spki" });
const privateKey = (seed: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
const isSigned = (key: Uint8Array, label: string, body: Uint8Array, signature: Uint8Array): boolean =>
  verify(null, Buffer.concat([Buffer.from(label), body]), publicKey(key), signature);
const signed = (key: KeyPair, label: string, body: Uint8Array): Uint8Array =>
  new Uint8Array(sign(null, Buffer.concat([Buffer.from(label), body]), privateKey(key.privateKey)));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

let drawn = 0;
/** Bytes that are the same in every run. */
const random = (length: number): Uint8Array => {
  drawn++;
  return Uint8Array.from({ length }, (_, i) => H(`${drawn}/${i}`)[0]!);
};

const conversation = toBase64Url(random(16)) as ConversationId;
const envelope = encodeEnvelope({ kind: 1, seen: 7, applied: 5, body: Uint8Array.of(1, 2, 3) });

test("a chain, its ids and its signatures", async () => {
  const genesis = await createGenesis(random);
  const [signIn, leaf] = [generateKeyPair(random), generateKeyPair(random)];
  const { statement: added, device } = await createAddDevice({
    chain: [genesis.statement],
    accountPrivateKey: genesis.accountPrivateKey,
    signInPublicKey: signIn.publicKey,
    signWithSignInKey: async (message) => new Uint8Array(sign(null, message, privateKey(signIn.privateKey))),
    leafKey: leaf,
    kind: "web",
    addedAt: 1_700_000_000,
  });
  const verdict = verifyChain([genesis.statement, added]);
  if (verdict.kind !== "valid") throw new Error(verdict.because);
  const { accountKey, recoveryKey, head: chainHead } = verdict.chain;
  expect(hex(idBytes(genesis.account))).toBe(hex(H("sotto account id v1:", genesis.statement)));
  expect(hex(idBytes(device))).toBe(hex(H("sotto device id v1:", signIn.publicKey, leaf.publicKey).subarray(0, 16)));
  expect(hex(chainHead)).toBe(hex(H("sotto chain hash v1:", added)));

  // Made by the page alone: a genesis and a revocation that the code takes.
  const owner = generateKeyPair(random);
  const unsigned = [1, 1, new Uint8Array(32), owner.publicKey, generateKeyPair(random).publicKey, random(16)];
  const own = cbor([...unsigned, signed(owner, "sotto chain statement v1:", cbor(unsigned))]);
  expect(verifyChain([new Uint8Array(own)]).kind).toBe("valid");
  const previous = H("sotto chain hash v1:", added);
  const revocation = [1, 3, new Uint8Array(previous), idBytes(device), 1, 1_700_000_001];
  const revoked = cbor([...revocation, signed(signIn, "sotto chain statement v1:", cbor(revocation))]);
  expect(verifyChain([genesis.statement, added, new Uint8Array(revoked)])).toMatchObject({
    kind: "valid",
    chain: { devices: [{ active: false }] },
  });
  const byAccount = await createRevokeDevice({
    chain: [genesis.statement, added],
    device,
    signer: { kind: "account", privateKey: genesis.accountPrivateKey },
    revokedAt: 1_700_000_001,
  });
  const body = cbor([1, 3, new Uint8Array(previous), idBytes(device), 0, 1_700_000_001]);
  expect(isSigned(accountKey, "sotto chain statement v1:", body, byAccount.subarray(-64))).toBe(true);

  // The statement that adds a device, with both proofs.
  const possession = cbor([1, idBytes(genesis.account), signIn.publicKey, leaf.publicKey]);
  const proofs = [
    signed(signIn, "sotto sign-in key possession v1:", possession),
    signed(leaf, "sotto leaf key possession v1:", possession),
  ];
  const addition = [
    1,
    2,
    new Uint8Array(H("sotto chain hash v1:", genesis.statement)),
    signIn.publicKey,
    leaf.publicKey,
    "web",
    1_700_000_000,
    ...proofs,
  ];
  const account = { publicKey: accountKey, privateKey: genesis.accountPrivateKey };
  expect(hex(added)).toBe(hex(cbor([...addition, signed(account, "sotto chain statement v1:", cbor(addition))])));

  // The recovery key: its checksum, its signing key.
  const printed = printRecoveryKey(genesis.recoveryKey);
  expect(printed).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){7}$/);
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const bits = printed
    .replaceAll("-", "")
    .split("")
    .map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const written = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
  expect(hex(written)).toBe(
    hex(genesis.recoveryKey) + hex(H("sotto recovery checksum v1:", genesis.recoveryKey).subarray(0, 4)),
  );
  expect(parseRecoveryKey(printed)).toEqual(genesis.recoveryKey);
  const seed = kdf(genesis.recoveryKey, "sotto recovery signing key v1:", 32);
  expect(hex(recoverySigningKey(genesis.recoveryKey).privateKey)).toBe(hex(seed));
  expect(hex(recoveryKey)).toBe(hex(recoverySigningKey(genesis.recoveryKey).publicKey));

  // Leaving, and answering a challenge.
  const said = { conversation, account: genesis.account, device, epoch: 2n ** 40n };
  const leaving = [1, idBytes(conversation), idBytes(genesis.account), idBytes(device), said.epoch];
  const left = createLeave({ ...said, leafPrivateKey: leaf.privateKey });
  expect(hex(left)).toBe(hex(cbor([...leaving, signed(leaf, "sotto leave v1:", cbor(leaving))])));
  expect(verifyLeave(left, conversation, verdict.chain)).toEqual(said);
  const challenge = { origin: "https://chat.example.org", challenge: random(32), account: genesis.account, device };
  expect(hex(sessionChallengeMessage(challenge))).toBe(
    hex(
      Buffer.concat([
        Buffer.from("sotto session challenge v1:"),
        cbor([1, challenge.origin, challenge.challenge, idBytes(genesis.account), idBytes(device)]),
      ]),
    ),
  );

  // The sizes of what only the vault's keys open.
  const contents = {
    accountPrivateKey: genesis.accountPrivateKey,
    recoveryKey: genesis.recoveryKey,
    archiveKeys: [{ generation: 0, key: random(32) }],
  };
  const vault = createVault({
    account: genesis.account,
    contents,
    exportKey: random(64),
    recoveryKey: genesis.recoveryKey,
    random,
  });
  expect(vault).toHaveLength(4002);
  const about = { account: genesis.account, conversation, epoch: 3n, leaf: 0, kind: "epoch", writer: device } as const;
  const record = sealArchiveRecord({ archiveKey: random(32), generation: 9, about, plaintext: random(100), random });
  expect(hex(record.subarray(0, 5))).toBe("0100000009");
  expect(record).toHaveLength(5 + 72 + 100);

  // Numbers for people.
  const other = { account: toBase64Url(random(32)) as typeof genesis.account, accountKey: random(32) };
  const sides = [{ account: genesis.account, accountKey }, other].map((one) =>
    Buffer.concat([idBytes(one.account), one.accountKey]),
  );
  sides.sort((one, other) => Buffer.compare(one, other));
  const hash = createHash("sha512").update("sotto safety number v1:").update(sides[0]!).update(sides[1]!).digest();
  const groups = Array.from({ length: 12 }, (_, i) => String(hash.readUIntBE(i * 5, 5) % 100_000).padStart(5, "0"));
  expect(safetyNumber(other, { account: genesis.account, accountKey })).toBe(groups.join(" "));
  expect(fingerprint(accountKey).replaceAll(" ", "")).toBe(hex(H("sotto fingerprint v1:", accountKey).subarray(0, 16)));
});

test("keys that change, a chain that is taken over, and recovering", async () => {
  const stated = (key: KeyPair, value: Value[]): Uint8Array =>
    new Uint8Array(cbor([...value, signed(key, "sotto chain statement v1:", cbor(value))]));
  const [account, signIn, leaf] = [generateKeyPair(random), generateKeyPair(random), generateKeyPair(random)];
  const recovery = generateKeyPair(random);
  const chain: Uint8Array[] = [];
  const previous = (): Uint8Array =>
    chain.length === 0 ? new Uint8Array(32) : new Uint8Array(H("sotto chain hash v1:", chain.at(-1)!));
  chain.push(stated(account, [1, 1, previous(), account.publicKey, recovery.publicKey, random(16)]));
  const id = new Uint8Array(H("sotto account id v1:", chain[0]!));
  const possession = cbor([1, id, signIn.publicKey, leaf.publicKey]);
  const proofs = [
    signed(signIn, "sotto sign-in key possession v1:", possession),
    signed(leaf, "sotto leaf key possession v1:", possession),
  ];
  chain.push(
    stated(account, [1, 2, previous(), signIn.publicKey, leaf.publicKey, "terminal", 1_700_000_000, ...proofs]),
  );
  const device = new Uint8Array(H("sotto device id v1:", signIn.publicKey, leaf.publicKey).subarray(0, 16));

  const rotated = generateKeyPair(random);
  const beside = (key: KeyPair, other: KeyPair) =>
    signed(key, "sotto account key possession v1:", cbor([1, id, key.publicKey, other.publicKey]));
  chain.push(stated(account, [1, 4, previous(), rotated.publicKey, 1_700_000_001, beside(rotated, recovery)]));
  const recoveryKey = random(16);
  const renewed = recoverySigningKey(recoveryKey);
  const proof = signed(renewed, "sotto recovery key possession v1:", cbor([1, id, renewed.publicKey]));
  chain.push(stated(rotated, [1, 5, previous(), renewed.publicKey, 1_700_000_002, proof]));
  expect(verifyChain(chain)).toMatchObject({
    kind: "valid",
    chain: { accountKey: rotated.publicKey, recoveryKey: renewed.publicKey, reclaims: 0 },
  });

  const challenge = { origin: "https://chat.example.org", challenge: random(32), username: "ada" };
  expect(hex(signRecoveryChallenge(recoveryKey, challenge))).toBe(
    hex(
      signed(
        renewed,
        "sotto recovery challenge v1:",
        cbor([1, challenge.origin, challenge.challenge, challenge.username]),
      ),
    ),
  );

  const [taken, takenRecovery] = [generateKeyPair(random), generateKeyPair(random)];
  const reclaim = (stage: number, at: number) =>
    stated(signIn, [
      1,
      6,
      previous(),
      stage,
      taken.publicKey,
      takenRecovery.publicKey,
      device,
      at,
      beside(taken, takenRecovery),
    ]);
  chain.push(reclaim(0, 1_700_000_010));
  expect(verifyChain(chain)).toMatchObject({ kind: "valid", chain: { pendingReclaim: { alone: true } } });
  chain.push(reclaim(1, 1_700_000_010));
  expect(verifyChain(chain)).toMatchObject({
    kind: "valid",
    chain: { accountKey: taken.publicKey, recoveryKey: takenRecovery.publicKey, reclaims: 1, pendingReclaim: null },
  });
});

test("what a link commits to, its QR code and its digits", async () => {
  const [signIn, leafKey] = [generateKeyPair(random), generateKeyPair(random)];
  const { link, commitment } = beginLink(
    {
      signInPublicKey: signIn.publicKey,
      signWithSignInKey: async (message) => new Uint8Array(sign(null, message, privateKey(signIn.privateKey))),
      leafKey,
      kind: "web",
      name: "Firefox on Linux",
    },
    random,
  );
  const hello = greetLink({ commitment, prefix: commitment.slice(0, 16) }, random).message!;
  const step = await onLinkMessageToNew(link, hello, random);
  // `85 01 01 5820 E' 5904a0 K 5820 n'` and `86 01 02 5820 E 5820 n 590440 c 58.. box`.
  expect(hello).toHaveLength(3 + 34 + 1187 + 34);
  expect(hex(hello.subarray(0, 5))).toBe("8501015820");
  const reply = step.reply!;
  expect(hex(reply.subarray(0, 5))).toBe("8601025820");
  const [E, n] = [reply.slice(5, 37), reply.slice(39, 71)];
  expect(hex(commitment)).toBe(
    hex(
      H("sotto link commitment v1:", cbor([1, E, n, signIn.publicKey, leafKey.publicKey, "web", "Firefox on Linux"])),
    ),
  );
  const exchange = cbor([1, commitment, hello, E, n]);
  const first = BigInt(`0x${hex(H("sotto link digits v1:", exchange).subarray(0, 16))}`);
  expect(step.link).toMatchObject({ kind: "comparing", digits: String(first % 1_000_000n).padStart(6, "0") });
  const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const bits = [...commitment.subarray(0, 16)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const text = `${bits}00`.match(/.{5}/g)!.map((five) => alphabet[Number.parseInt(five, 2)]!);
  expect(linkQr("0A1B2C3D", commitment)).toBe(`SOTTO LINK 0A1B2C3D ${text.join("")}`);
});

test("frames, envelopes and the log's heads", () => {
  expect(hex(envelope)).toBe(hex(Buffer.concat([Buffer.from([1, 1]), u64(7), u64(5), Buffer.from([1, 2, 3])])));
  const send = toBase64Url(random(16)) as SendId;
  expect(hex(encodeSubmit({ request: 9, conversation, send, envelope }))).toBe(
    hex(Buffer.concat([Buffer.from([1, 0x01]), u32(9), idBytes(conversation), idBytes(send), envelope])),
  );
  expect(hex(encodeEntry(idBytes(conversation), 8, 1_700_000_000_000, envelope))).toBe(
    hex(Buffer.concat([Buffer.from([1, 0x81]), idBytes(conversation), u64(8), u64(1_700_000_000_000), envelope])),
  );
  expect(hex(encodeAccepted(9, 8, H(envelope)))).toBe(
    hex(Buffer.concat([Buffer.from([1, 0x82]), u32(9), u64(8), H(envelope)])),
  );
  const rows = [
    { kind: "stored", seq: 8, acceptedAt: 1, envelope },
    { kind: "erased", seq: 9, acceptedAt: 2, entry: 2, hash: H("x") },
  ] as const;
  expect(hex(encodePage(9, true, rows))).toBe(
    hex(
      Buffer.concat([
        Buffer.from([1, 0x86]),
        u32(9),
        Buffer.from([1]),
        u16(2),
        u64(8),
        u64(1),
        Buffer.from([0]),
        u32(envelope.length),
        envelope,
        u64(9),
        u64(2),
        Buffer.from([2]),
        u32(32),
        H("x"),
      ]),
    ),
  );
  const before = new Uint8Array(32);
  expect(hex(nextHead(before, 1, 1, entryHash(envelope)))).toBe(
    hex(H("sotto log head v1:", before, u64(1), Uint8Array.of(1), H(envelope))),
  );
  expect(hex(logHeadExtension(1, before))).toBe(hex(cbor([1, 1, before])));
});

test("rosters, extensions and the data of a commit", () => {
  const [a, b] = [random(32), random(32)]
    .sort((one, other) => Buffer.compare(one, other))
    .map((bytes) => toBase64Url(bytes)) as [never, never];
  const roster = encodeRoster([
    [b, 1],
    [a, 2],
  ]);
  expect(hex(roster)).toBe(
    hex(
      cbor([
        1,
        [
          [a, 2],
          [b, 1],
        ],
      ]),
    ),
  );
  const older = { add: "admins", join: "closed", history: "archive", timerSeconds: 0 } as const;
  const rest = {
    accounts: [
      [a, 2],
      [b, 1],
    ],
    profileHash: H("p"),
  } satisfies Record<string, Value>;
  const policy = { ...older, post: "members", pin: "members", mentionAll: "members" } as const;
  const extension = { kind: 2, accounts: [[b, 1] as const, [a, 2] as const], profileHash: H("p") } as const;
  const encoded = (rules: typeof policy | (Omit<typeof policy, "post"> & { post: "admins" })): string =>
    hex(
      encodeConversationExtension({
        ...extension,
        accounts: extension.accounts.map(([id, role]) => [id, role]),
        policy: rules,
      }),
    );
  // Where everybody may what the first version didn't know, it is written as the first version wrote it.
  expect(encoded(policy)).toBe(hex(cbor([1, { kind: 2, ...rest, policy: older }])));
  const admins = { ...policy, post: "admins" } as const;
  expect(encoded(admins)).toBe(hex(cbor([2, { kind: 2, ...rest, policy: admins }])));
  const data = { rosterHash: H(roster), evidence: [{ kind: "leave" as const, statement: Uint8Array.of(1) }] };
  expect(hex(encodeCommitData(data))).toBe(hex(cbor([1, data])));
  expect(hex(encodeCommitBody({ commit: Uint8Array.of(7), roster }))).toBe(hex(cbor([Uint8Array.of(7), roster])));
});

test("posts: content, id, context and padding", () => {
  const account = toBase64Url(random(32)) as never;
  const salt = random(16);
  const content = encodeContent(textPost("hello", salt));
  // The one map whose keys may be integers is empty here: a0.
  const fields = [cbor(salt), cbor(null), cbor(new Uint8Array(0)), cbor(null), cbor(null), Buffer.from([0xa0])];
  const part = cbor([1, "", 1, "text/markdown;variant=GFM-MIMI", new Uint8Array(Buffer.from("hello"))]);
  expect(hex(content)).toBe(hex(Buffer.concat([Buffer.from([0x87]), ...fields, part])));
  expect(decodeContent(content)).toEqual(textPost("hello", salt));
  const [sender, room] = [`sotto:account/${account as string}`, `sotto:conversation/${conversation}`];
  const id = H(u16(sender.length), sender, u16(room.length), room, content, salt).subarray(0, 31);
  expect(hex(idBytes(postIdOfContent({ account, conversation, content, salt })))).toBe(`01${hex(id)}`);

  const context = { counter: 1, seq: 4, head: H("h"), epochDigest: H("e"), time: 1_700_000_000_000, name: "Ada" };
  const data = encodePostData({ context, content });
  expect(hex(data)).toBe(hex(cbor([1, context, content])));
  expect(decodePostData(data)).toMatchObject({ content });
  expect(hex(encodeProfile({ name: "Difference Engine", topic: "", picture: null, salt }))).toBe(
    hex(cbor([1, salt, "Difference Engine", ""])),
  );

  expect(hex(roomNameHash("general" as never))).toBe(hex(H("sotto room name v1:", "general")));

  const padded = (length: number): number => {
    const n = length + 4;
    const bucket = [256, 512, 1024, 2048].find((size) => n <= size);
    if (bucket !== undefined) return bucket;
    const E = Math.floor(Math.log2(n));
    const S = Math.floor(Math.log2(E)) + 1;
    return Math.ceil(n / 2 ** (E - S)) * 2 ** (E - S);
  };
  for (const length of [0, 1, 252, 253, 508, 1020, 2044, 2045, 3000, 5000, 20_000, 65_535]) {
    const made = pad(new Uint8Array(length).fill(7));
    expect(made).toHaveLength(padded(length));
    expect(hex(made)).toBe(
      hex(Buffer.concat([u32(length), Buffer.alloc(length, 7), Buffer.alloc(padded(length) - length - 4)])),
    );
  }
});

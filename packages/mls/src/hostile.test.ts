import { COMMIT_BYTES_MAX, concat, equalBytes, TREE_BYTES_MAX, utf8, WELCOME_BYTES_MAX } from "@sotto/protocol";
import fc from "fast-check";
import {
  createApplicationMessage,
  createCommit as libraryCommit,
  createProposal,
  encodeMlsMessage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  type Proposal,
} from "ts-mls";
import { createGroupInfoWithExternalPubAndRatchetTree } from "ts-mls/createCommit.js";
import { proposeAddExternal } from "ts-mls/externalProposal.js";
import { describe, expect, test } from "vitest";
import { logHeadExtension } from "./bundle.ts";
import { writeExtensions } from "./context-extensions.ts";
import { evilCommit, type Evil, evilJoin, type EvilJoin, resigned, senderData, withSenderData } from "./evil.ts";
import { GroupState } from "./group-state.ts";
import {
  advanceAfterDrop,
  checkKeyPackage,
  createCommit,
  createExternalCommit,
  createKeyPackage,
  encodeRows,
  epoch,
  groupInfo,
  joinByWelcome,
  members,
  open,
  peekGroupInfo,
  seal,
  stageCommit,
  treeChunks,
  welcomeReferences,
} from "./index.ts";
import { CAPABILITIES, credentialOf } from "./leaf.ts";
import { groupInfoBytes, keyPackageBytes, type KeyPackage, readGroupInfo, readKeyPackage } from "./library.ts";
import { generate } from "./key-package.ts";
import { joinTree } from "./tree.ts";
import {
  actor,
  type Actor,
  commit,
  CONVERSATION,
  HEAD,
  judge,
  keyPackage,
  LIFETIME,
  listOf,
  NOW,
  opened,
  ROLE,
  sharedProvider,
  stateOf,
  staged,
  type World,
  worldOf,
} from "./testing.ts";

const provider = await sharedProvider();
const [alice, bob, carol, mallory] = ["alice", "bob", "carol", "mallory"].map((name) => actor(provider, name)) as [
  Actor,
  Actor,
  Actor,
  Actor,
];
const alice2 = actor(provider, "alice", 2);
const list = listOf({ alice: ROLE.admin, bob: ROLE.member, carol: ROLE.member });
const world = (): Promise<World> => worldOf([alice, bob, carol], list);

const rowsOf = (state: GroupState) => encodeRows(undefined, state);

/** What one member answers; its state must be the same bytes afterwards. */
async function answer(
  state: GroupState,
  commitBytes: Uint8Array,
  roster: Uint8Array = new Uint8Array(),
): Promise<string> {
  const before = structuredClone(rowsOf(state));
  const result = await stageCommit(state, commitBytes, { roster, judge });
  expect(rowsOf(state)).toEqual(before);
  return result.kind === "skip" || result.kind === "cryptographic" ? `${result.kind}: ${result.because}` : result.kind;
}

/** What everyone answers to a commit of bob's that no honest client makes. */
async function answersTo(evil: Evil, here: Promise<World> = world(), by: Actor = bob): Promise<string[]> {
  const group = await here;
  const { commit: bytes, roster } = await evilCommit(stateOf(group, by), evil);
  return Promise.all(group.actors.filter((who) => who !== by).map((who) => answer(stateOf(group, who), bytes, roster)));
}

const all = (reason: string) => [reason, reason];

describe("T02 proposals of others", () => {
  test("an external Add is refused unread, and the next commit adds nobody", async () => {
    const group = await world();
    const info = readGroupInfo(await groupInfo(stateOf(group, alice), HEAD))!;
    const own = await generate({ ...mallory, lifetime: LIFETIME });
    const proposal = await proposeAddExternal(info, own.publicPackage, own.privatePackage, provider.suite);
    const bytes = encodeMlsMessage(proposal);
    expect(await answer(stateOf(group, alice), bytes)).toBe("skip: public-message");
    expect(await open(stateOf(group, alice), bytes)).toEqual({ kind: "refused", because: "not-a-post" });
    expect((await commit(group, alice)).welcome).toBeUndefined();
    expect((await seal(stateOf(group, alice), utf8("still here"))).generation).toBe(0);
  });

  test("a member's standalone proposal is neither commit nor post", async () => {
    const group = await world();
    const remove: Proposal = { proposalType: "remove", remove: { removed: 0 } };
    for (const [asPublic, because] of [
      [false, "not-a-commit"],
      [true, "public-message"],
    ] as const) {
      const { message } = await createProposal(
        GroupState.inside(stateOf(group, bob)).mls,
        asPublic,
        remove,
        provider.suite,
      );
      const bytes = encodeMlsMessage(message);
      expect(await answer(stateOf(group, carol), bytes)).toBe(`skip: ${because}`);
      expect(await open(stateOf(group, carol), bytes)).toEqual({ kind: "refused", because: "not-a-post" });
    }
  });

  test("a member's commit as a public message", async () => {
    expect(await answersTo({ proposals: [], asPublicMessage: true })).toEqual(all("skip: public-message"));
  });
});

describe("T04 external commits", () => {
  async function answers(who: Actor, join: Partial<EvilJoin> = {}): Promise<string[]> {
    const group = await world();
    const state = stateOf(group, bob);
    const { commit: bytes, roster } = await evilJoin(who, { state, groupInfo: await groupInfo(state, HEAD), ...join });
    return Promise.all(group.actors.map((member) => answer(stateOf(group, member), bytes, roster)));
  }
  const three = (reason: string) => [reason, reason, reason];

  test("of a stranger into a closed group", async () =>
    expect(await answers(mallory)).toEqual(three("skip: not-listed")));
  test("of a listed account's new device", async () => expect(await answers(alice2)).toEqual(three("staged")));
  test("that removes someone else", async () =>
    expect(await answers(alice2, { remove: 1 })).toEqual(three("skip: external-remove")));
  test("that removes its account's other device", async () =>
    expect(await answers(alice2, { remove: 0 })).toEqual(three("skip: external-remove")));
  test("T29 that removes a leaf far outside the tree", async () => {
    for (const removed of [4, 99, 2 ** 31, 2 ** 32 - 1]) {
      const proposals = (inits: Proposal[]): Proposal[] => [...inits, { proposalType: "remove", remove: { removed } }];
      expect(await answers(alice2, { proposals })).toEqual(three("skip: no-such-leaf"));
    }
  });
  test("that removes a blank leaf", async () => {
    const proposals = (inits: Proposal[]): Proposal[] => [...inits, { proposalType: "remove", remove: { removed: 3 } }];
    expect(await answers(alice2, { proposals })).toEqual(three("skip: no-such-leaf"));
  });
  test("with two removes, two inits or none", async () => {
    const remove: Proposal = { proposalType: "remove", remove: { removed: 0 } };
    for (const proposals of [
      (inits: Proposal[]) => [...inits, remove, remove],
      (inits: Proposal[]) => [...inits, ...inits],
      () => [],
      () => [remove],
    ]) {
      expect(await answers(alice2, { proposals })).toEqual(three("skip: forbidden-proposal"));
    }
  });
  test("without a path", async () =>
    expect(await answers(alice2, { withoutPath: true })).toEqual(three("skip: no-path")));
  test("with anything else in it", async () => {
    const policy: Proposal = {
      proposalType: "group_context_extensions",
      groupContextExtensions: { extensions: writeExtensions(list) },
    };
    expect(await answers(alice2, { proposals: (inits) => [...inits, policy] })).toEqual(
      three("skip: forbidden-proposal"),
    );
  });
  test("with a signature key that is in the tree already", async () => {
    const twin = {
      ...alice2,
      leafKey: bob.leafKey,
      chain: concat(alice2.chain.subarray(0, 48), bob.leafKey.publicKey),
    };
    const [reason] = await answers(twin);
    expect(reason).toMatch(/^skip: /);
  });
  test("with a signature of someone else", async () => {
    const liar = {
      ...alice2,
      leafKey: { publicKey: alice2.leafKey.publicKey, privateKey: mallory.leafKey.privateKey },
    };
    expect(await answers(liar)).toEqual(three("skip: bad-signature"));
  });
});

describe("T09 a leaf stays who it is", () => {
  const bendLeaf = (change: (leaf: KeyPackage["leafNode"]) => object): Evil => ({
    proposals: [],
    bend: (mls) => ({
      ...mls,
      ratchetTree: mls.ratchetTree.map((node, i) =>
        i === 2 && node?.nodeType === "leaf"
          ? { ...node, leaf: { ...node.leaf, ...change(node.leaf as KeyPackage["leafNode"]) } }
          : node,
      ),
    }),
  });
  test("a path with the victim's identity", async () => {
    expect(await answersTo(bendLeaf(() => ({ credential: credentialOf(carol.identity) })))).toEqual(
      all("skip: leaf-changed"),
    );
  });
  test("a path with another device of one's own", async () => {
    expect(
      await answersTo(
        bendLeaf(() => ({ credential: credentialOf({ ...bob.identity, device: alice.identity.device }) })),
      ),
    ).toEqual(all("skip: leaf-changed"));
  });
  test("a path with another signature key", async () => {
    expect(await answersTo(bendLeaf(() => ({ signaturePublicKey: mallory.leafKey.publicKey })))).toEqual(
      all("skip: leaf-changed"),
    );
  });
  test("a path with another chain", async () => {
    expect(
      await answersTo(
        bendLeaf(({ extensions }) => ({ extensions: [{ ...extensions[0], extensionData: utf8("other") }] })),
      ),
    ).toEqual(all("skip: leaf-changed"));
  });
  test("T33 a path with other capabilities", async () => {
    expect(await answersTo(bendLeaf(() => ({ capabilities: { ...CAPABILITIES, extensions: [] } })))).toEqual(
      all("skip: leaf-changed"),
    );
  });
  test("a Welcome to a group in which one leaf's chain never bound it", async () => {
    const group = await world();
    const own = await keyPackage(alice2);
    const made = await createCommit(stateOf(group, alice), { add: [own.publicBytes], logHead: HEAD, judge });
    if (made.kind !== "made") throw new Error(made.because);
    const request = { ...alice2, ...own, welcome: made.welcome!, treeChunks: made.treeChunks };
    const doubting = {
      ...judge,
      bound: (chain: Uint8Array, identity: Actor["identity"], key: Uint8Array) =>
        identity.device !== bob.identity.device && judge.bound(chain, identity, key),
    };
    expect(await joinByWelcome({ ...request, judge: doubting })).toEqual({
      kind: "refused",
      because: "chain-not-bound",
    });
    expect((await joinByWelcome({ ...request, judge })).kind).toBe("joined");
  });
});

describe("T14 T33 T34 what a commit may hold", () => {
  const policy = (
    extensions: Extract<Proposal, { proposalType: "group_context_extensions" }>["groupContextExtensions"]["extensions"],
  ): Proposal => ({
    proposalType: "group_context_extensions",
    groupContextExtensions: { extensions },
  });
  const [required, conversation] = writeExtensions(list) as [
    ReturnType<typeof writeExtensions>[0],
    ReturnType<typeof writeExtensions>[0],
  ];
  const reinit: Proposal = {
    proposalType: "reinit",
    reinit: {
      groupId: new Uint8Array(16),
      version: "mls10",
      cipherSuite: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
      extensions: [],
    },
  };
  const selfMadeAdmin = listOf({ alice: ROLE.admin, bob: ROLE.admin, carol: ROLE.member });
  const rows: [string, Evil, string][] = [
    [
      "T14 a member's Remove of another",
      { proposals: [{ proposalType: "remove", remove: { removed: 2 } }] },
      "skip: may-not-remove",
    ],
    [
      "T14 a member who makes itself an admin",
      { proposals: [policy(writeExtensions(selfMadeAdmin))], extension: selfMadeAdmin },
      "skip: may-not-change-list",
    ],
    ["T33 ReInit", { proposals: [reinit] }, "skip: forbidden-proposal"],
    [
      "T14 a proposal of an unknown type",
      { proposals: [{ proposalType: 0xf0aa, proposalData: utf8("?") }] },
      "skip: forbidden-proposal",
    ],
    [
      "T34 external senders",
      {
        proposals: [
          policy([
            required,
            conversation,
            {
              extensionType: "external_senders",
              extensionData: concat(Uint8Array.of(32), mallory.leafKey.publicKey, Uint8Array.of(0, 1, 1, 0x61)),
            },
          ]),
        ],
      },
      "skip: bad-extensions",
    ],
    [
      "T34 an extension of an unknown type",
      { proposals: [policy([required, conversation, { extensionType: 0xf0dd, extensionData: new Uint8Array() }])] },
      "skip: bad-extensions",
    ],
    ["T33 extensions without required capabilities", { proposals: [policy([conversation])] }, "skip: bad-extensions"],
    [
      "T14 a list without an admin",
      {
        proposals: [
          policy([
            required,
            ...writeExtensions(listOf({ alice: ROLE.member, bob: ROLE.member, carol: ROLE.member })).slice(1),
          ]),
        ],
      },
      "skip: bad-extensions",
    ],
  ];
  test.each(rows)("%s", async (_, evil, reason) => {
    const [first] = await answersTo(evil);
    expect(first).toBe(reason);
  });

  test("a Remove by index outside the tree never reaches the library", async () => {
    const group = await world();
    // The library refuses to sign it, so a widened copy of the tree does.
    const wide = (mls: ReturnType<typeof GroupState.inside>["mls"]) => {
      const ratchetTree = [...mls.ratchetTree, ...Array.from({ length: 8 }, () => undefined)];
      ratchetTree[12] = ratchetTree[0];
      return { ...mls, ratchetTree };
    };
    const bytes = await evilCommit(stateOf(group, bob), {
      proposals: [{ proposalType: "remove", remove: { removed: 6 } }],
      bend: wide,
    });
    expect(await answer(stateOf(group, carol), bytes.commit, bytes.roster)).toBe("skip: no-such-leaf");
  });

  test("a roster that says otherwise", async () => {
    const group = await world();
    const { commit: bytes } = await evilCommit(stateOf(group, bob), { proposals: [] });
    expect(await answer(stateOf(group, carol), bytes, utf8("roster"))).toBe("skip: roster-mismatch");
  });

  test("P6 who is removed is told so, and by whom", async () => {
    const group = await world();
    const made = await createCommit(stateOf(group, alice), { remove: [1], logHead: HEAD, judge });
    if (made.kind !== "made") throw new Error(made.because);
    expect(await stageCommit(stateOf(group, bob), made.commit, { roster: made.roster, judge })).toMatchObject({
      kind: "removed",
      by: { identity: alice.identity },
    });
  });
});

describe("T22 the path", () => {
  const bendDerive =
    (nth: number, replace: () => Promise<Uint8Array>): Evil["suite"] =>
    (suite) => {
      let calls = 0;
      return {
        ...suite,
        hpke: {
          ...suite.hpke,
          async deriveKeyPair(ikm) {
            const pair = await suite.hpke.deriveKeyPair(ikm);
            return calls++ === nth ? { ...pair, publicKey: await suite.hpke.importPublicKey(await replace()) } : pair;
          },
        },
      };
    };
  const anyKey = async () =>
    provider.suite.hpke.exportPublicKey((await provider.suite.hpke.generateKeyPair()).publicKey);

  test("a secret garbled for one member freezes that member only", async () => {
    const group = await world();
    const target = GroupState.inside(stateOf(group, carol)).mls.ratchetTree[4];
    const targetKey = target?.nodeType === "leaf" ? target.leaf.hpkePublicKey : undefined;
    const { commit: bytes, roster } = await evilCommit(stateOf(group, bob), {
      proposals: [],
      suite: (suite) => ({
        ...suite,
        hpke: {
          ...suite.hpke,
          async seal(key, plaintext, info, aad) {
            const isTarget = targetKey !== undefined && equalBytes(await suite.hpke.exportPublicKey(key), targetKey);
            return suite.hpke.seal(key, isTarget ? new Uint8Array(plaintext.length) : plaintext, info, aad);
          },
        },
      }),
    });
    expect(await answer(stateOf(group, alice), bytes, roster)).toBe("staged");
    expect(await answer(stateOf(group, carol), bytes, roster)).toBe("cryptographic: unprocessable");
  });

  test("a public key that isn't that of the path secret", async () => {
    const answers = await answersTo({ proposals: [], suite: bendDerive(1, anyKey) });
    expect(answers).toContain("cryptographic: untrue-path");
  });

  test("T37 a key that nobody can encrypt to", async () => {
    const useless = async () => {
      const key = (await anyKey()).slice();
      key.fill(0, 1184);
      return key;
    };
    expect(await answersTo({ proposals: [], suite: bendDerive(1, useless) })).toEqual(all("skip: unusable-key"));
  });

  test("T37 a key that is in the tree already", async () => {
    const group = world();
    const leaf = GroupState.inside(stateOf(await group, carol)).mls.ratchetTree[4];
    const copy = async () => (leaf?.nodeType === "leaf" ? leaf.leaf.hpkePublicKey : new Uint8Array());
    expect(await answersTo({ proposals: [], suite: bendDerive(0, copy) }, group)).toEqual(all("skip: duplicate-key"));
  });
});

describe("T16 T33 T37 key packages", () => {
  const check = async (bytes: Uint8Array, now = NOW) => {
    const result = await checkKeyPackage(provider, bytes, now, judge);
    return result.kind === "good" ? "good" : result.because;
  };
  const bytesOf = async (change: Parameters<typeof resigned>[1]) =>
    keyPackageBytes(await resigned(alice2, { ...change, leaf: { lifetime: LIFETIME, ...change.leaf } }));

  test("of one's own time", async () => {
    const { publicBytes } = await keyPackage(alice2);
    expect(await check(publicBytes)).toBe("good");
    expect(await check(publicBytes, LIFETIME.notBefore - 1n)).toBe("lifetime");
    expect(await check(publicBytes, LIFETIME.notAfter + 1n)).toBe("lifetime");
    const long = await createKeyPackage({ ...alice2, lifetime: { notBefore: NOW, notAfter: NOW + 31n * 86_400n } });
    expect(await check(long.publicBytes)).toBe("lifetime");
  });
  test("of a device that isn't active", async () => {
    const revoked = { ...alice2, chain: concat(alice2.chain, utf8("revoked")) };
    expect(await check((await keyPackage(revoked)).publicBytes)).toBe("not-active");
    const foreign = { ...alice2, identity: bob.identity };
    expect(await check((await keyPackage(foreign)).publicBytes)).toBe("not-active");
  });
  test("of other form", async () => {
    expect(await check(await bytesOf({}))).toBe("good");
    const weak = await getCiphersuiteImpl(getCiphersuiteFromName("MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"));
    const weakActor = { ...alice2, provider: { ...provider, suite: weak } };
    expect(await check((await keyPackage(weakActor)).publicBytes)).toBe("foreign-suite");
    expect(
      await check(
        await bytesOf({
          leaf: { capabilities: { ...CAPABILITIES, extensions: [...CAPABILITIES.extensions, 0x0a0a] } },
        }),
      ),
    ).toBe("unusable");
    expect(
      await check(await bytesOf({ leaf: { credential: { credentialType: "basic", identity: utf8("alice") } } })),
    ).toBe("unusable");
    expect(await check(await bytesOf({ leaf: { extensions: [] } }))).toBe("unusable");
    expect(
      await check(
        await bytesOf({ keyPackage: { extensions: [{ extensionType: 0xf0ee, extensionData: new Uint8Array() }] } }),
      ),
    ).toBe("unusable");
    const good = await bytesOf({});
    good[good.length - 1]! ^= 1;
    expect(await check(good)).toBe("bad-signature");
    expect(await check(new Uint8Array(40_000))).toBe("too-large");
  });
  test("a last resort says so", async () => {
    const { publicBytes } = await createKeyPackage({ ...alice2, lifetime: LIFETIME, lastResort: true });
    expect(await checkKeyPackage(provider, publicBytes, NOW, judge)).toMatchObject({
      kind: "good",
      isLastResort: true,
    });
  });
  test("T37 with another leaf's keys, or a useless one: nobody adds it, and nobody takes a commit that does", async () => {
    const group = world();
    const victim = GroupState.inside(stateOf(await group, carol)).mls.ratchetTree[4];
    if (victim?.nodeType !== "leaf") throw new Error("no such leaf");
    const useless = victim.leaf.hpkePublicKey.slice();
    useless.fill(0, 1184);
    for (const [leaf, reason] of [
      [{ hpkePublicKey: victim.leaf.hpkePublicKey }, "skip: duplicate-key"],
      [{ hpkePublicKey: useless }, "skip: bad-leaf"],
    ] as const) {
      const evil = await resigned(alice2, { leaf });
      const add: Proposal = { proposalType: "add", add: { keyPackage: evil } };
      expect(await answersTo({ proposals: [add] }, group, alice)).toEqual(all(reason));
      expect(
        (await createCommit(stateOf(await group, alice), { add: [keyPackageBytes(evil)], logHead: HEAD, judge })).kind,
      ).toBe("refused");
    }
  });
});

describe("posts", () => {
  test("T28 a generation far ahead costs nothing and spoils nothing", async () => {
    const group = await world();
    const ahead = (generation: number) => {
      const { mls } = GroupState.inside(stateOf(group, bob));
      const secretTree = mls.secretTree.map((node, i) =>
        i === 2 ? { ...node, application: { ...node.application, generation } } : node,
      );
      return GroupState.of(provider, { ...mls, secretTree });
    };
    for (const generation of [201, 5000, 2 ** 32 - 1]) {
      const { sealed } = await seal(ahead(generation), utf8("far"));
      expect(await open(stateOf(group, carol), sealed)).toEqual({ kind: "refused", because: "generation-jump" });
    }
    const { sealed } = await seal(stateOf(group, bob), utf8("near"));
    expect((await opened(stateOf(group, carol), sealed)).data).toEqual(utf8("near"));
  });

  test("T28 a jump of 200 is read, and every post that was skipped still is", async () => {
    const group = await world();
    const sealedPosts: Uint8Array[] = [];
    let state = stateOf(group, bob);
    for (let i = 0; i <= 200; i++) {
      const post = await seal(state, Uint8Array.of(i));
      sealedPosts.push(post.sealed);
      state = post.next;
    }
    let reader = (await opened(stateOf(group, carol), sealedPosts[200]!)).next;
    for (const i of [0, 199, 100]) {
      const post = await opened(reader, sealedPosts[i]!);
      expect(post.data).toEqual(Uint8Array.of(i));
      reader = post.next;
    }
    expect(await open(reader, sealedPosts[100]!)).toEqual({ kind: "refused", because: "replayed" });
  });

  test("T29 a header that names a leaf that isn't there", async () => {
    const group = await world();
    const { sealed } = await seal(stateOf(group, bob), utf8("x"));
    for (const leafIndex of [3, 4, 7, 100, 2 ** 31, 2 ** 32 - 1]) {
      const bytes = await withSenderData(stateOf(group, bob), sealed, { leafIndex });
      expect(await open(stateOf(group, carol), bytes)).toEqual({ kind: "refused", because: "no-such-sender" });
    }
    const other = await withSenderData(stateOf(group, bob), sealed, { leafIndex: 0 });
    expect(await open(stateOf(group, carol), other)).toEqual({ kind: "refused", because: "undecryptable" });
    expect((await opened(stateOf(group, carol), sealed)).data).toEqual(utf8("x"));
  });

  test("T35 of another epoch or another group", async () => {
    const group = await world();
    const { sealed } = await seal(stateOf(group, carol), utf8("late"));
    const old = stateOf(group, carol);
    await commit(group, alice, { drop: [carol] });
    expect(await open(stateOf(group, bob), sealed)).toEqual({ kind: "refused", because: "wrong-epoch" });
    expect(epoch(old)).toBe(1n);
    const { mls } = GroupState.inside(stateOf(group, alice));
    const elsewhere = GroupState.of(provider, {
      ...mls,
      groupContext: { ...mls.groupContext, groupId: new Uint8Array(16) },
    });
    expect(await open(stateOf(group, bob), (await seal(elsewhere, utf8("x"))).sealed)).toEqual({
      kind: "refused",
      because: "wrong-group",
    });
  });

  test("T36 with authenticated data, which a server could read", async () => {
    const group = await world();
    const { privateMessage } = await createApplicationMessage(
      GroupState.inside(stateOf(group, bob)).mls,
      utf8("x"),
      provider.suite,
      utf8("aloud"),
    );
    const bytes = encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage });
    expect(await open(stateOf(group, carol), bytes)).toEqual({ kind: "refused", because: "not-a-post" });
  });

  test("T12 with a signature of someone else", async () => {
    const group = await world();
    const { mls } = GroupState.inside(stateOf(group, bob));
    const liar = GroupState.of(provider, { ...mls, signaturePrivateKey: mallory.leafKey.privateKey });
    expect(await open(stateOf(group, carol), (await seal(liar, utf8("x"))).sealed)).toEqual({
      kind: "refused",
      because: "undecryptable",
    });
    const commitOfLiar = await evilCommit(liar, { proposals: [] });
    expect(await answer(stateOf(group, carol), commitOfLiar.commit, commitOfLiar.roster)).toBe("skip: undecryptable");
  });

  test("T26 a commit that was dropped leaves its generation behind", async () => {
    const group = await world();
    const make = async (state: GroupState) => {
      const made = await createCommit(state, { logHead: HEAD, judge });
      if (made.kind !== "made") throw new Error(made.because);
      return made;
    };
    const state = stateOf(group, bob);
    const [first, again] = [await make(state), await make(state)];
    expect((await senderData(state, again.commit)).generation).toBe((await senderData(state, first.commit)).generation);
    const next = await make(await advanceAfterDrop(state));
    expect((await senderData(state, next.commit)).generation).toBe(1);
    expect((await staged(stateOf(group, carol), next)).committer.identity).toEqual(bob.identity);
  });
});

describe("T30 bytes that aren't canonical", () => {
  test("of any kind of message, changed anywhere, are never accepted and never throw", async () => {
    const group = await world();
    const reader = stateOf(group, carol);
    const { sealed } = await seal(stateOf(group, bob), utf8("hello"));
    const own = await keyPackage(alice2);
    const made = await createCommit(stateOf(group, alice), { add: [own.publicBytes], logHead: HEAD, judge });
    if (made.kind !== "made") throw new Error(made.because);
    const join = { ...alice2, conversation: CONVERSATION, judge, logHead: HEAD };
    const info = await groupInfo(stateOf(group, bob), HEAD);
    const chunks = treeChunks(stateOf(group, bob));
    const external = await createExternalCommit({ ...join, groupInfo: info, treeChunks: chunks });
    if (external.kind !== "made") throw new Error(external.because);

    const kinds: [Uint8Array, (bytes: Uint8Array) => Promise<boolean>][] = [
      [sealed, async (bytes) => (await open(reader, bytes)).kind === "post"],
      [
        made.commit,
        async (bytes) => (await stageCommit(reader, bytes, { roster: made.roster, judge })).kind === "staged",
      ],
      [
        external.commit,
        async (bytes) => (await stageCommit(reader, bytes, { roster: external.roster, judge })).kind === "staged",
      ],
      [
        made.welcome!,
        async (bytes) =>
          (await joinByWelcome({ ...alice2, ...own, welcome: bytes, treeChunks: made.treeChunks, judge })).kind ===
          "joined",
      ],
      [own.publicBytes, async (bytes) => (await checkKeyPackage(provider, bytes, NOW, judge)).kind === "good"],
      [
        info,
        async (bytes) =>
          (await createExternalCommit({ ...join, groupInfo: bytes, treeChunks: chunks })).kind === "made",
      ],
      [
        chunks[0]!,
        async (bytes) =>
          (await createExternalCommit({ ...join, groupInfo: info, treeChunks: [bytes] })).kind === "made",
      ],
    ];
    for (const [bytes, accepts] of kinds) {
      expect(await accepts(bytes)).toBe(true);
      expect(await accepts(concat(bytes, Uint8Array.of(0)))).toBe(false);
      const mutation = fc.record({
        at: fc.nat(bytes.length - 1),
        bit: fc.nat(7),
        kind: fc.constantFrom("flip", "cut", "insert"),
      });
      const change = fc.asyncProperty(mutation, async ({ at, bit, kind }) => {
        const changed =
          kind === "cut"
            ? bytes.slice(0, at)
            : kind === "insert"
              ? concat(bytes.slice(0, at), Uint8Array.of(1 << bit), bytes.slice(at))
              : bytes.slice();
        if (kind === "flip") changed[at]! ^= 1 << bit;
        expect(await accepts(changed)).toBe(false);
      });
      await fc.assert(change, { numRuns: 40 });
    }
  }, 60_000);

  test("a length in more bytes than it needs", async () => {
    const group = await world();
    const { sealed } = await seal(stateOf(group, bob), utf8("hello"));
    // version 2, wire format 2, then the group id: length 16 in one byte. The same length in two:
    const longer = concat(sealed.slice(0, 4), Uint8Array.of(0x40, 16), sealed.slice(5));
    expect(sealed[4]).toBe(16);
    expect(await open(stateOf(group, carol), longer)).toEqual({ kind: "refused", because: "malformed" });
  });

  test("noise", async () => {
    const group = await world();
    const reader = stateOf(group, carol);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect((await open(reader, bytes)).kind).toBe("refused");
        expect((await stageCommit(reader, bytes, { roster: bytes, judge })).kind).toBe("skip");
        expect(welcomeReferences(bytes)).toBeUndefined();
        expect(peekGroupInfo(bytes)).toBeUndefined();
        expect(joinTree([bytes])).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});

describe("T32 sizes", () => {
  /** Of a few tries, as the machine may be busy with something else. */
  const fast = async (work: () => Promise<void> | void) => {
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      await work();
      times.push(performance.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(20);
  };

  test("commits, welcomes, posts and trees beyond their limits cost nothing", async () => {
    const group = await world();
    const reader = stateOf(group, carol);
    const commitBytes = new Uint8Array(COMMIT_BYTES_MAX + 1);
    await fast(async () => expect(await answer(reader, commitBytes)).toBe("skip: too-large"));
    const big = new Uint8Array(WELCOME_BYTES_MAX + 1);
    await fast(() => expect(welcomeReferences(big)).toBeUndefined());
    await fast(async () => expect(await open(reader, big)).toEqual({ kind: "refused", because: "too-large" }));
    const tree = [new Uint8Array(TREE_BYTES_MAX), new Uint8Array(1)];
    await fast(() => expect(joinTree(tree)).toBeUndefined());
    const many = Array.from({ length: 2000 }, () => Uint8Array.of(1, 0));
    await fast(() => expect(joinTree(many)).toBeUndefined());
  });

  test("a sparse tree of 2^20 leaves", async () => {
    const blanks = Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? 1 : 0));
    const chunks = Array.from({ length: 1024 }, () => blanks);
    await fast(() => expect(joinTree(chunks)).toBeUndefined());
    const one = new Uint8Array(2 ** 20);
    one[0] = 1;
    await fast(() => expect(joinTree([one])).toBeUndefined());
  });

  test("T29 a tree whose parent lists a leaf far outside", async () => {
    const group = await world();
    await commit(group, alice);
    const { mls } = GroupState.inside(stateOf(group, alice));
    for (const leaf of [3, 4, 5000, 2 ** 31, 2 ** 32 - 1]) {
      const ratchetTree = mls.ratchetTree.map((node) =>
        node?.nodeType === "parent" ? { ...node, parent: { ...node.parent, unmergedLeaves: [leaf] } } : node,
      );
      const chunks = treeChunks(GroupState.of(provider, { ...mls, ratchetTree }));
      expect(joinTree(chunks)).toBeUndefined();
    }
  });

  test("more proposals than allowed", async () => {
    const group = await world();
    const noise: Proposal[] = Array.from({ length: 257 }, (_, i) => ({
      proposalType: 0xf000 + i,
      proposalData: new Uint8Array(),
    }));
    const { commit: bytes, roster } = await evilCommit(stateOf(group, bob), { proposals: noise });
    expect(await answer(stateOf(group, carol), bytes, roster)).toBe("skip: forbidden-proposal");
    const result = await createCommit(stateOf(group, alice), {
      remove: Array.from({ length: 300 }, () => 1),
      logHead: HEAD,
      judge,
    });
    expect(result).toEqual({ kind: "refused", because: "too-many-proposals" });
  });
});

describe("T15 T03 what one enters by", () => {
  test("another group's info, another tree, a signer who isn't in it", async () => {
    const group = await world();
    await commit(group, bob);
    const info = await groupInfo(stateOf(group, bob), HEAD);
    const chunks = treeChunks(stateOf(group, bob));
    const request = {
      ...alice2,
      conversation: CONVERSATION,
      judge,
      logHead: HEAD,
      groupInfo: info,
      treeChunks: chunks,
    };
    const refusal = async (change: Partial<typeof request>) => {
      const result = await createExternalCommit({ ...request, ...change });
      return result.kind === "made" ? "made" : result.because;
    };
    expect(await refusal({})).toBe("made");
    expect(await refusal({ conversation: "AAAAAAAAAAAAAAAAAAAAAA" as typeof CONVERSATION })).toBe("wrong-group");
    expect(await refusal({ treeChunks: [] })).toBe("bad-tree");
    const stale = await world();
    expect(await refusal({ treeChunks: treeChunks(stateOf(stale, bob)) })).toBe("bad-tree");
    expect(await refusal({ ...mallory })).toBe("not-listed");
    expect(await refusal({ chain: concat(alice2.chain, utf8("revoked")) })).toBe("device-not-active");
    expect(await refusal({ leafKey: bob.leafKey })).toBe("key-taken");
    expect(peekGroupInfo(info)).toEqual({ conversation: CONVERSATION, epoch: 2n, signer: 1, logHead: HEAD });
  });

  test("a tree inside GroupInfo or Welcome, which would win over the one that was checked", async () => {
    const group = await world();
    const { mls } = GroupState.inside(stateOf(group, alice));
    const head = [logHeadExtension(HEAD)];
    const info = groupInfoBytes(await createGroupInfoWithExternalPubAndRatchetTree(mls, head, provider.suite));
    const enter = {
      ...alice2,
      conversation: CONVERSATION,
      judge,
      logHead: HEAD,
      treeChunks: treeChunks(stateOf(group, alice)),
    };
    expect(await createExternalCommit({ ...enter, groupInfo: info })).toEqual({
      kind: "refused",
      because: "malformed",
    });
    expect(peekGroupInfo(info)).toBeUndefined();

    const own = await keyPackage(alice2);
    const extraProposals: Proposal[] = [{ proposalType: "add", add: { keyPackage: readKeyPackage(own.publicBytes)! } }];
    const options = { extraProposals, ratchetTreeExtension: true, groupInfoExtensions: head };
    const { welcome, newState } = await libraryCommit({ state: mls, cipherSuite: provider.suite }, options);
    const bytes = encodeMlsMessage({ version: "mls10", wireformat: "mls_welcome", welcome: welcome! });
    const chunks = treeChunks(GroupState.of(provider, newState));
    const joined = await joinByWelcome({ ...alice2, ...own, welcome: bytes, treeChunks: chunks, judge });
    expect(joined).toEqual({ kind: "refused", because: "malformed" });
  });

  test("a Welcome for someone else, or whose key isn't ours", async () => {
    const group = await world();
    const [own, other] = [await keyPackage(alice2), await keyPackage(alice2)];
    const made = await createCommit(stateOf(group, alice), { add: [own.publicBytes], logHead: HEAD, judge });
    if (made.kind !== "made") throw new Error(made.because);
    expect(welcomeReferences(made.welcome!)).toEqual([own.reference]);
    const request = { ...alice2, ...own, welcome: made.welcome!, treeChunks: made.treeChunks, judge };
    const refusal = async (change: Partial<typeof request>) => {
      const result = await joinByWelcome({ ...request, ...change });
      return result.kind === "joined" ? "joined" : result.because;
    };
    expect(await refusal({})).toBe("joined");
    expect(await refusal({ ...other })).toBe("not-for-us");
    expect(await refusal({ privateBytes: other.privateBytes })).toBe("undecryptable");
    const halfRight = concat(own.privateBytes.slice(0, 33), other.privateBytes.slice(33));
    expect(await refusal({ privateBytes: halfRight })).toBe("undecryptable"); // a leaf key that isn't the tree's
    expect(await refusal({ treeChunks: treeChunks(stateOf(group, alice)) })).toBe("not-in-tree");
  });
});

test("T40 printing or serialising a state shows no secret", async () => {
  const state = stateOf(await world(), alice);
  expect(JSON.stringify({ state })).toBe('{"state":"GroupState"}');
  expect(Object.keys(state)).toEqual([]);
  expect(members(state)).toHaveLength(3);
});

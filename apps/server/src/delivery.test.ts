import { createHash } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { KIND, type ConversationId, type Role } from "@sotto/protocol";
import { Line, Person, createWorld, dial, recordOf, settle, type World, type WorldOptions } from "./testing/world.ts";

const open: World[] = [];
async function world(options?: WorldOptions): Promise<World> {
  const made = await createWorld(options);
  open.push(made);
  return made;
}
afterEach(() => {
  for (const made of open.splice(0)) made.close();
});

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

/** A group born by its first member. @returns its id; its first commit has seq 1 */
async function makeGroup(creator: Person, others: [Person, Role][] = []): Promise<ConversationId> {
  const conversation = creator.newConversation();
  const bundle = creator.bundle(0, 0, [[creator, 2], ...others]);
  expect(await creator.line.codeOf("conversation.create", { conversation, kind: KIND.group, pair: null, room: null, bundle })).toBe("ok");
  return conversation;
}

test("from sign-up to a page of the log", async () => {
  const here = await world();
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const found = await ada.line.ask("name.lookup", { username: ben.name });
  expect(found).toMatchObject({ account: ben.account, chain: ben.keys.chain });
  const claimed = await ada.line.ask("key-packages.claim", { accounts: [ben.account] });
  expect(claimed.accounts[0]?.devices).toMatchObject([{ device: ben.keys.device, keyPackage: expect.any(Uint8Array) as Uint8Array }]);

  const conversation = ada.newConversation();
  const welcomeFor = [{ account: ben.account, device: ben.keys.device, welcome: 0 }];
  const bundle = ada.bundle(0, 0, [[ada, 2], [ben, 1]], { welcomes: [ada.random(90)], welcomeFor });
  const born = await ada.line.ask("conversation.create", { conversation, kind: KIND.group, pair: null, room: null, bundle });
  expect(born).toEqual({ seq: 1, hash: sha256(bundle.envelope) });
  await settle();
  expect(ben.line.events).toContainEqual({ event: "inbox" });
  const inbox = await ben.line.ask("inbox.page", { after: 0, limit: 10 });
  expect(inbox.items).toMatchObject([{ conversation, seq: 1, welcome: bundle.welcomes[0] }]);
  expect(await ben.line.ask("conversation.tree", { conversation, seq: 1 })).toEqual({ treeChunks: bundle.newChunks });
  expect(await ben.line.ask("conversation.group-info", { conversation })).toEqual({ applied: 1, latestCommit: 1, groupInfo: bundle.groupInfo, treeChunks: bundle.newChunks });
  expect(await ben.line.ask("conversation.list", {})).toEqual({ conversations: [{ conversation, kind: KIND.group, room: null, lastSeq: 1, latestCommit: 1 }] });

  const envelope = ben.post(1);
  const said = await ben.line.submit(conversation, envelope, ben.newSend());
  expect(said).toEqual({ kind: "result", result: { seq: 2, hash: sha256(envelope) } });
  await settle();
  for (const line of [ada.line, ben.line]) expect(line.entries.at(-1)).toMatchObject({ conversation, seq: 2, envelope });
  const rows = await ada.line.page(conversation, 0);
  expect(rows).toMatchObject([{ seq: 1, kind: "stored", envelope: bundle.envelope }, { seq: 2, kind: "stored", envelope }]);
});

test("a person signs in again and brings a new device", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const line = new Line(dial(here));
  const { signIn } = await line.ask("sign-in.start", { username: "ada", startLoginRequest: "hello" });
  const opened = await line.ask("sign-in.finish", { signIn, finishLoginRequest: recordOf("secret") });
  expect(opened).toMatchObject({ account: ada.account, username: "ada", chain: ada.keys.chain });
});

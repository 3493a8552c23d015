import { createCloseAccount } from "@sotto/crypto";
import { afterEach, expect, test } from "vitest";
import {
  InviteId,
  INVITES_MAX,
  JOIN_REQUESTS_MAX,
  KIND,
  toBase64Url,
  utf8,
  type ConversationId,
  type Role,
} from "@sotto/protocol";
import * as v from "valibot";
import { Person, createWorld, settle, type World, type WorldOptions } from "./test/world.ts";

const open: World[] = [];
async function world(options?: WorldOptions): Promise<World> {
  const made = await createWorld(options);
  open.push(made);
  return made;
}
afterEach(() => {
  for (const made of open.splice(0)) made.close();
});

async function groupOf(creator: Person, others: [Person, Role][] = []): Promise<ConversationId> {
  const conversation = creator.newConversation();
  const bundle = creator.bundle(0, 0, [[creator, 3], ...others]);
  expect(
    await creator.line.codeOf("conversation.create", {
      conversation,
      kind: KIND.group,
      pair: null,
      room: null,
      bundle,
    }),
  ).toBe("ok");
  return conversation;
}

const inviteOf = (person: Person): InviteId => v.parse(InviteId, toBase64Url(person.random(16)));
const HOUR = 3_600_000;

async function cast(options?: WorldOptions) {
  const here = await world(options);
  const [ada, ben, cyd] = [
    await Person.join(here, "ada"),
    await Person.join(here, "ben"),
    await Person.join(here, "cyd"),
  ];
  const conversation = await groupOf(ada, [[ben, 1]]);
  const invite = inviteOf(ada);
  const made = { conversation, invite, expiresAt: null, preview: utf8("sealed preview") };
  expect(await ada.line.codeOf("invite.create", made)).toBe("ok");
  return { here, ada, ben, cyd, conversation, invite, made };
}

test("[DL24] a link is made, seen by whoever knows it, asked by, and taken back", async () => {
  const { ada, ben, cyd, conversation, invite, made } = await cast();
  expect(await ada.line.codeOf("invite.create", made)).toBe("ok");
  expect(await ben.line.ask("invite.list", { conversation })).toEqual({
    invites: [{ invite, by: ada.account, expiresAt: null }],
  });
  expect(await cyd.line.ask("invite.look", { conversation, invite })).toEqual({ preview: utf8("sealed preview") });
  const request = utf8("sealed request");
  expect(await cyd.line.codeOf("invite.ask", { conversation, invite, request })).toBe("ok");
  await settle();
  for (const line of [ada.line, ben.line]) expect(line.events).toContainEqual({ event: "asked", conversation });
  expect(cyd.line.events).not.toContainEqual({ event: "asked", conversation });
  const waiting = await ben.line.ask("join.requests", { conversation });
  expect(waiting.requests).toMatchObject([{ account: cyd.account, invite, request }]);
  // A second request takes the place of the first.
  await cyd.line.ask("invite.ask", { conversation, invite, request: utf8("again") });
  expect((await ada.line.ask("join.requests", { conversation })).requests).toMatchObject([{ request: utf8("again") }]);
  // A member without a role doesn't take back what another made.
  expect(await ben.line.codeOf("invite.revoke", { conversation, invite })).toBe("conversation/forbidden-change");
  expect(await ada.line.codeOf("invite.revoke", { conversation, invite })).toBe("ok");
  expect(await ada.line.codeOf("invite.revoke", { conversation, invite })).toBe("ok");
  expect(await ada.line.ask("join.requests", { conversation })).toEqual({ requests: [] });
  expect(await cyd.line.codeOf("invite.look", { conversation, invite })).toBe("invite/unknown");
  expect(await cyd.line.codeOf("invite.ask", { conversation, invite, request })).toBe("invite/unknown");
});

test("[DL24] T93 who isn't in the conversation learns of no links and no requests, and changes none", async () => {
  const { ada, cyd, conversation, invite, made } = await cast();
  for (const [operation, more] of [
    ["invite.list", {}],
    ["join.requests", {}],
    ["invite.revoke", { invite }],
    ["join.decline", { account: ada.account }],
  ] as const)
    expect(await cyd.line.codeOf(operation, { conversation, ...more } as never)).toBe("conversation/unknown");
  expect(await cyd.line.codeOf("invite.create", { ...made, invite: inviteOf(cyd) })).toBe("conversation/unknown");
  // An id that leads nowhere and a conversation that doesn't exist are answered alike.
  expect(await cyd.line.codeOf("invite.look", { conversation, invite: inviteOf(cyd) })).toBe("invite/unknown");
  expect(await cyd.line.codeOf("invite.look", { conversation: cyd.newConversation(), invite })).toBe("invite/unknown");
  expect(await ada.line.ask("invite.look", { conversation, invite })).toEqual({ preview: made.preview });
});

test("[DL24] a link runs out, and what was asked by it with it", async () => {
  const { here, ada, cyd, conversation } = await cast();
  const invite = inviteOf(ada);
  const soon = { conversation, invite, expiresAt: here.now() + HOUR, preview: utf8("p") };
  expect(await ada.line.codeOf("invite.create", soon)).toBe("ok");
  expect(await cyd.line.codeOf("invite.ask", { conversation, invite, request: utf8("r") })).toBe("ok");
  here.advance(HOUR);
  expect(await cyd.line.codeOf("invite.look", { conversation, invite })).toBe("invite/unknown");
  expect(await cyd.line.codeOf("invite.ask", { conversation, invite, request: utf8("r") })).toBe("invite/unknown");
  expect(await ada.line.ask("join.requests", { conversation })).toEqual({ requests: [] });
  expect((await ada.line.ask("invite.list", { conversation })).invites.map((one) => one.invite)).not.toContain(invite);
  const far = { ...soon, invite: inviteOf(ada), expiresAt: here.now() + 400 * 24 * HOUR };
  expect(await ada.line.codeOf("invite.create", far)).toBe("request/malformed");
});

test("[DL24] who is let in, banned or declined waits no longer; who is banned finds nothing behind a link", async () => {
  const { ada, ben, cyd, here, conversation, invite } = await cast();
  const dan = await Person.join(here, "dan");
  for (const person of [cyd, dan])
    await person.line.ask("invite.ask", { conversation, invite, request: utf8(person.name) });
  const bundle = ada.bundle(1, 1, [
    [ada, 3],
    [ben, 1],
    [cyd, 1],
    [dan, 0],
  ]);
  expect(await ada.line.codeOf("conversation.commit", { conversation, bundle })).toBe("ok");
  expect(await ada.line.ask("join.requests", { conversation })).toEqual({ requests: [] });
  expect(await dan.line.codeOf("invite.look", { conversation, invite })).toBe("invite/unknown");
  expect(await dan.line.codeOf("invite.ask", { conversation, invite, request: utf8("r") })).toBe("invite/unknown");
  // A member asks for nothing.
  expect(await cyd.line.codeOf("invite.ask", { conversation, invite, request: utf8("r") })).toBe("ok");
  expect(await ada.line.ask("join.requests", { conversation })).toEqual({ requests: [] });
  const eve = await Person.join(here, "eve");
  await eve.line.ask("invite.ask", { conversation, invite, request: utf8("e") });
  await ben.line.ask("join.decline", { conversation, account: eve.account });
  expect(await ada.line.ask("join.requests", { conversation })).toEqual({ requests: [] });
  // Who asks may take it back.
  await eve.line.ask("invite.ask", { conversation, invite, request: utf8("e") });
  await eve.line.ask("join.decline", { conversation, account: eve.account });
  expect(await ada.line.ask("join.requests", { conversation })).toEqual({ requests: [] });
});

test("[DL24] T93 so many links and so many requests, and so many a day by one account", async () => {
  const { ada, ben, cyd, conversation, invite, made } = await cast();
  for (let n = 1; n < INVITES_MAX; n++)
    expect(await ada.line.codeOf("invite.create", { ...made, invite: inviteOf(ada) })).toBe("ok");
  expect(await ada.line.codeOf("invite.create", { ...made, invite: inviteOf(ada) })).toBe("invite/too-many");
  expect(await ben.line.codeOf("invite.create", { ...made, invite: inviteOf(ben) })).toBe("invite/too-many");
  // One that is there already is no new one.
  expect(await ada.line.codeOf("invite.create", made)).toBe("ok");
  const codes = new Set<string>();
  for (let n = 0; n < 45; n++)
    codes.add(await cyd.line.codeOf("invite.ask", { conversation, invite, request: utf8(`${n}`) }));
  expect([...codes]).toEqual(["ok", "request/too-many"]);
  expect(JOIN_REQUESTS_MAX).toBeGreaterThan(45);
});

test("[DL24] links and requests of an account that is closed go with it, and count among what is held of it", async () => {
  const { ada, cyd, conversation, invite } = await cast();
  await cyd.line.ask("invite.ask", { conversation, invite, request: utf8("12345") });
  const held = (await cyd.line.ask("account.holdings", {})).holdings;
  expect(held).toContainEqual({ what: "requests to join", rows: 1, bytes: 5 });
  const hers = (await ada.line.ask("account.holdings", {})).holdings;
  expect(hers).toContainEqual({ what: "invite links", rows: 1, bytes: "sealed preview".length });
  const { chain, accountPrivateKey } = cyd.keys;
  await cyd.line.ask("account.close", {
    statement: await createCloseAccount({ chain, accountPrivateKey, closedAt: 1 }),
  });
  expect(await ada.line.ask("join.requests", { conversation })).toEqual({ requests: [] });
});

test("[DL24] only a group has links: a room is open, and two people stay two", async () => {
  const { ada, ben, made } = await cast();
  const conversation = ada.newConversation();
  const pair = { conversation, kind: KIND.direct, pair: ben.account, room: null };
  const bundle = ada.bundle(0, 0, [
    [ada, 2],
    [ben, 2],
  ]);
  expect(await ada.line.codeOf("conversation.create", { ...pair, bundle })).toBe("ok");
  expect(await ada.line.codeOf("invite.create", { ...made, conversation })).toBe("conversation/forbidden-change");
});

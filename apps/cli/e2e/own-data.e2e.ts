import { aboutSenderKey } from "@sotto/mls";
import { decodeCbor, encodeCbor, fromBase64Url, toBase64Url } from "@sotto/protocol";
import { readExport } from "@sotto/views";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, profile } from "../../web/e2e/test/browser.ts";
import { World, appears } from "./support.ts";

// What one can take away, look into and open by hand: on one server, with a person whose name and messages are hostile.
const world = new World();
const HOSTILE = `</title><script>hacked=1</script><img src="http://evil.example/x" onerror="hacked=1">\u202e`;
const MANY = Array.from({ length: 230 }, (_, at) => `number ${at + 1}`);

beforeAll(async () => {
  await world.start();
  await world.signUp("ada", "Ada Lovelace");
  await world.signUp("bob");
  await world.signUp("mallory", '<b onclick="x">../../Mal');
  const chat = world.begin("ada", ["chat"]);
  chat.stdin.write("/open @bob\n");
  for (let from = 0; from < MANY.length; from += 50) {
    const some = MANY.slice(from, from + 50);
    chat.stdin.write(`${some.join("\n")}\n`);
    await appears(chat.out, `\t${some.at(-1)}\n`, 60_000);
  }
  chat.stdin.end();
  expect(await chat.ended).toBe(0);
  expect((await world.sotto("bob", ["send", "@ada", "the answer"])).exit).toBe(0);
  expect((await world.sotto("mallory", ["send", "@ada", HOSTILE])).exit).toBe(0);
  // What strangers call themselves and their groups is hidden until they are let in.
  expect((await world.sotto("ada", ["accept", "@mallory"])).exit).toBe(0);
  expect((await world.sotto("mallory", ["group", "../../<script>", "@ada"])).exit).toBe(0);
  expect((await world.sotto("mallory", ["send", "../../<script>", "https://evil.example/?a=1&b=<2>"])).exit).toBe(0);
  expect((await world.sotto("ada", ["read", "@bob"])).out).toContain("the answer");
  expect((await world.withPassword("laptop", ["sign-in", "ada"])).exit).toBe(0);
}, 180_000);
afterAll(() => world.end());

test("a new device writes out everything that its account can read, into a folder that was empty", async () => {
  const folder = join(world.folder, "export");
  const { exit, out, err } = await world.spawn("laptop", ["export", folder]);
  expect({ exit, out }).toEqual({ exit: 0, out: `${join(folder, "index.html")}\n` });
  expect(err).toMatch(/^1 of 3 {2}.* messages$/m);
  expect(err).toContain("not encrypted");
  const files = readdirSync(folder).toSorted();
  expect(files).toHaveLength(8);
  for (const file of files) expect(file).toMatch(/^(?:00\d-[a-z0-9-]+\.(?:html|json)|index\.html|README\.txt)$/);
  if (process.platform !== "win32") expect(statSync(join(folder, "index.html")).mode & 0o077).toBe(0);

  const conversations = files
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => readExport(readFileSync(join(folder, file), "utf8")) ?? []);
  expect(conversations).toHaveLength(3);
  const texts = (index: number): string[] =>
    conversations[index]?.items.flatMap((item) => (item.kind === "post" ? [item.text] : [])) ?? [];
  const withBob = conversations.findIndex(({ conversation }) => conversation.title === "@bob");
  expect(texts(withBob)).toEqual([...MANY, "the answer"]);
  expect(conversations.map(({ complete }) => complete)).toEqual([true, true, true]);
  const withMallory = conversations.findIndex(
    ({ conversation }) => conversation.kind === "direct" && conversation.title !== "@bob",
  );
  expect(texts(withMallory)).toEqual([HOSTILE]);

  expect(await world.sotto("laptop", ["export", folder])).toMatchObject({
    exit: 1,
    out: "",
    err: expect.stringContaining("There is something in"),
  });
}, 120_000);

test("[T51] the pages open in a browser without a request that leaves, a script or a policy broken", async () => {
  const folder = join(world.folder, "export");
  const browser = await launchBrowser();
  try {
    const index = pathToFileURL(join(folder, "index.html")).href;
    for (const colorScheme of ["light", "dark"] as const) {
      const { context, page, seen } = await profile(browser, index, { colorScheme });
      await page.goto(index);
      const links = page.getByRole("link").filter({ hasNotText: "JSON" });
      expect(await links.count()).toBe(3);
      for (let at = 0; at < 3; at++) {
        await links.nth(at).click();
        await page.getByRole("heading", { name: "People" }).waitFor();
        expect(await page.locator("script, img, iframe, object, link, form, style ~ style").count()).toBe(0);
        expect(await page.evaluate("typeof hacked")).toBe("undefined");
        await page.goto(index);
      }
      const bob = join(folder, readdirSync(folder).find((file) => file.endsWith("-bob.html")) ?? "");
      await page.goto(pathToFileURL(bob).href);
      expect(await page.locator("article").count()).toBe(MANY.length + 1);
      expect(await page.locator("article.own p").first().textContent()).toBe("number 1");
      // The style is let in by its hash, and follows the light of the room.
      const ground = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      expect(ground).toBe(colorScheme === "light" ? "rgb(253, 253, 254)" : "rgb(17, 20, 26)");
      expect(seen).toEqual({ foreign: [], violations: [], errors: [] });
      await context.close();
    }
  } finally {
    await browser.close();
  }
}, 120_000);

test("what the server says that it holds is what lies in its folder, and nothing of another account", async () => {
  const here = await world.sotto("ada", ["holdings"]);
  expect(here).toMatchObject({ exit: 0 });
  for (const what of ["vault", "identity chain", "archive records", "key packages"])
    expect(here.out).toContain(`${what}\t`);
  const dataDir = join(world.folder, "server");
  expect((await world.sotto("ada", ["inspect", world.origin])).out).toBe(here.out);
  const before = readdirSync(dataDir).toSorted();
  expect((await world.sotto("ada", ["inspect", dataDir])).out).toBe(here.out);
  expect(readdirSync(dataDir).toSorted()).toEqual(before);
  expect((await world.sotto("bob", ["inspect", dataDir])).out).not.toBe(here.out);
  expect(await world.sotto("ada", ["inspect", "https://elsewhere.example"])).toMatchObject({ exit: 1, out: "" });
  const empty = join(world.folder, "empty");
  mkdirSync(empty);
  expect(await world.sotto("ada", ["inspect", empty])).toMatchObject({ exit: 1, out: "" });
});

type Keys = { entry: string; "epoch-key": string; "sender-key": string };

async function keysOf(conversation: string, text: string): Promise<Keys> {
  const { out } = await world.sotto("ada", ["read", conversation, "--limit", "all", "--json"]);
  const seq = out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { seq: number; text: string })
    .find((post) => post.text === text)?.seq;
  const shown = await world.sotto("ada", ["server-view", conversation, String(seq), "--keys"]);
  expect(shown).toMatchObject({ exit: 0, err: expect.stringContaining("Whoever has these keys") });
  return Object.fromEntries(
    shown.out
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ")),
  ) as Keys;
}

const asCopied = (keys: Keys): string =>
  Object.entries(keys)
    .map((line) => line.join(" "))
    .join("\n");

/** The program as somebody without an account would start it. */
const byHand = (keys: Keys, ...args: string[]) => world.spawn("nobody", ["decrypt", ...args], asCopied(keys));

function flipped(text: string, at: number): string {
  const bytes = fromBase64Url(text) ?? new Uint8Array();
  const index = at < 0 ? bytes.length + at : at;
  return toBase64Url(bytes.with(index, (bytes[index] ?? 0) ^ 1));
}

/** A sender's key with somebody else's key for signatures in it, and a sum that fits. */
function signedBy(senderKey: string, other: string): string {
  const partsOf = (text: string): [number, number, Uint8Array, number, Uint8Array] => {
    const decoded = decodeCbor(fromBase64Url(text) ?? new Uint8Array());
    if (decoded.kind !== "value") throw new Error("no key");
    return decoded.value as [number, number, Uint8Array, number, Uint8Array];
  };
  const hexOfSigner = (key: Uint8Array): string => Buffer.from(aboutSenderKey(key)?.signatureKey ?? []).toString("hex");
  const [version, what, , epoch, key] = partsOf(senderKey);
  const [, , , , otherKey] = partsOf(other);
  const forged = Uint8Array.from(
    Buffer.from(Buffer.from(key).toString("hex").replace(hexOfSigner(key), hexOfSigner(otherKey)), "hex"),
  );
  const sum = new Uint8Array(
    createHash("sha256")
      .update(encodeCbor([what, epoch, forged]))
      .digest(),
  ).subarray(0, 8);
  return toBase64Url(encodeCbor([version, what, sum, epoch, forged]));
}

test("an entry opens by hand, offline and without an account; every kind of damage has a name of its own", async () => {
  const [answer, number, foreign] = [
    await keysOf("@bob", "the answer"),
    await keysOf("@bob", "number 7"),
    await keysOf("@mallory", HOSTILE),
  ];
  const bob = JSON.parse((await world.sotto("ada", ["person", "@bob", "--json"])).out) as {
    account: string;
    devices: { device: string; fingerprint: string }[];
  };
  const opened = await byHand(answer, "--json");
  expect(opened).toMatchObject({ exit: 0, err: "" });
  expect(JSON.parse(opened.out)).toMatchObject({
    account: bob.account,
    device: bob.devices[0]?.device,
    fingerprint: bob.devices[0]?.fingerprint,
    text: "the answer",
  });
  expect((await byHand(answer)).out).toMatch(/^text {10}the answer$/m);
  // In a file, and in parts.
  const file = join(world.folder, "copied");
  writeFileSync(file, asCopied(answer));
  expect((await world.sotto("nobody", ["decrypt", file])).out).toContain("the answer");
  writeFileSync(file, answer.entry);
  const parts = ["--entry", file, "--epoch-key", answer["epoch-key"], "--sender-key", answer["sender-key"]];
  expect((await world.sotto("nobody", ["decrypt", ...parts])).out).toContain("the answer");
  // Pasted on a terminal, which shows none of it.
  const pasted = await world.dialogue(
    "nobody",
    ["decrypt"],
    [["Paste the entry", asCopied(answer).replaceAll("\n", "\r")]],
  );
  expect(pasted).toMatchObject({ exit: 0, out: expect.stringMatching(/^text {10}the answer$/m) });
  expect(pasted.out + pasted.err).not.toContain(answer["epoch-key"]);
  // What others wrote is only text here too.
  expect((await byHand(foreign)).out).toContain('onerror="hacked=1">\\u{202e}');

  const damages = [
    { code: "decrypt/wrong-epoch-key", exit: 1, keys: { ...answer, "epoch-key": foreign["epoch-key"] } },
    { code: "decrypt/wrong-sender-key", exit: 1, keys: { ...answer, "sender-key": number["sender-key"] } },
    { code: "decrypt/changed", exit: 3, keys: { ...answer, entry: flipped(answer.entry, -40) } },
    {
      code: "decrypt/wrong-signature",
      exit: 3,
      keys: { ...answer, "sender-key": signedBy(answer["sender-key"], number["sender-key"]) },
    },
    { code: "decrypt/malformed", exit: 1, keys: { ...answer, entry: "AAAA" } },
  ];
  const sentences = new Set<string>();
  for (const { code, exit, keys } of damages) {
    const refused = await byHand(keys);
    expect({ code, exit: refused.exit, out: refused.out }).toEqual({ code, exit, out: "" });
    expect(refused.err).toContain(code);
    sentences.add(refused.err.split("\n")[0] ?? "");
  }
  expect(sentences.size).toBe(damages.length);
  expect(await byHand({ entry: answer.entry } as Keys)).toMatchObject({
    exit: 2,
    err: expect.stringContaining("Missing: epoch-key, sender-key."),
  });
}, 180_000);

import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { LINK_CEREMONY_SECONDS, LINK_CODE_SECONDS, LINK_MESSAGE_BYTES_MAX } from "@sotto/protocol";
import { Line, Person, createWorld, dial, settle, type World, type WorldOptions } from "./test/world.ts";

const open: World[] = [];
async function world(options?: WorldOptions): Promise<World> {
  const made = await createWorld(options);
  open.push(made);
  return made;
}
afterEach(() => {
  for (const made of open.splice(0)) made.close();
});

const NOBODYS_CODE = "00000000";

test("[DL19] T69 a new device and an old one are brought together, and hear what the other says", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const fresh = new Line(dial(here));
  const commitment = ada.random(32);
  const { code, expiresAt } = await fresh.ask("link.open", { commitment });
  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
  expect(expiresAt).toBe(here.now() + LINK_CODE_SECONDS * 1_000);
  // Nobody is there to hear yet.
  expect(await fresh.codeOf("link.send", { code, message: ada.random(4) })).toBe("link/unknown");
  expect(await ada.line.ask("link.claim", { code })).toEqual({ commitment });
  const [question, answer] = [ada.random(100), ada.random(LINK_MESSAGE_BYTES_MAX)];
  expect(await ada.line.codeOf("link.send", { code, message: question })).toBe("ok");
  expect(await fresh.codeOf("link.send", { code, message: answer })).toBe("ok");
  expect(fresh.events).toEqual([{ event: "link", code, message: question }]);
  expect(ada.line.events).toEqual([{ event: "link", code, message: answer }]);
  expect(await fresh.codeOf("link.cancel", { code })).toBe("ok");
  expect(ada.line.events.at(-1)).toEqual({ event: "link", code, message: null });
  expect(fresh.events).toHaveLength(1); // who ends it knows
  expect(await ada.line.codeOf("link.send", { code, message: question })).toBe("link/unknown");
});

test("T69 expired, taken and guessed codes are worth nothing, and all are refused alike", async () => {
  const here = await world();
  const [ada, eve] = [await Person.join(here, "ada"), await Person.join(here, "eve")];
  const fresh = new Line(dial(here));
  const start = async () => (await fresh.ask("link.open", { commitment: ada.random(32) })).code;
  const late = await start();
  here.advance(LINK_CODE_SECONDS * 1_000);
  expect(fresh.events).toEqual([{ event: "link", code: late, message: null }]);
  const taken = await start();
  expect(await ada.line.codeOf("link.claim", { code: taken })).toBe("ok");
  const refusals = [];
  for (const [person, code] of [
    [ada, late],
    [eve, taken],
    [ada, taken],
    [eve, NOBODYS_CODE],
  ] as const)
    refusals.push(await person.line.try("link.claim", { code }));
  expect(new Set(refusals.map((each) => JSON.stringify(each))).size).toBe(1);
  expect(refusals[0]).toMatchObject({ refusal: { code: "link/unknown" } });
  // The ceremony that began goes on, and is over when its time is.
  expect(await fresh.codeOf("link.send", { code: taken, message: ada.random(9) })).toBe("ok");
  here.advance((LINK_CEREMONY_SECONDS - 1) * 1_000);
  expect(await fresh.codeOf("link.send", { code: taken, message: ada.random(9) })).toBe("ok");
  here.advance(1_000);
  expect(await fresh.codeOf("link.send", { code: taken, message: ada.random(9) })).toBe("link/unknown");
  for (const line of [fresh, ada.line])
    expect(line.events.at(-1)).toEqual({ event: "link", code: taken, message: null });
  // Nobody guesses long.
  const codes = [];
  for (let n = 0; n < 100; n++) codes.push(await eve.line.codeOf("link.claim", { code: NOBODYS_CODE }));
  expect(codes.filter((code) => code === "link/unknown").length).toBeLessThanOrEqual(10);
  expect(codes.at(-1)).toBe("request/too-many");
  expect(await new Line(dial(here)).codeOf("link.claim", { code: NOBODYS_CODE })).toBe("request/not-signed-in");
});

test("T69 the clock decides whether a code is too old, not a timer that is late", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const fresh = new Line(dial(here));
  const { code } = await fresh.ask("link.open", { commitment: ada.random(32) });
  here.advance(LINK_CODE_SECONDS * 1_000, true);
  expect(await ada.line.codeOf("link.claim", { code })).toBe("link/unknown");
  expect(await fresh.codeOf("link.cancel", { code })).toBe("link/unknown");
});

test("T67 T69 a link belongs to its two connections: its code opens nothing on a third", async () => {
  const here = await world();
  const [ada, eve] = [await Person.join(here, "ada"), await Person.join(here, "eve")];
  const fresh = new Line(dial(here));
  const { code } = await fresh.ask("link.open", { commitment: ada.random(32) });
  // Not even oneself can take one's own.
  const own = new Line(dial(here));
  await ada.authenticate(own);
  const mine = await own.ask("link.open", { commitment: ada.random(32) });
  expect(await own.codeOf("link.claim", { code: mine.code })).toBe("link/unknown");
  await ada.line.ask("link.claim", { code });
  const message = ada.random(9);
  const another = new Line(dial(here)); // of the same device
  await ada.authenticate(another);
  for (const line of [eve.line, another, new Line(dial(here))]) {
    expect(await line.codeOf("link.send", { code, message })).toBe("link/unknown");
    expect(await line.codeOf("link.cancel", { code })).toBe("link/unknown");
  }
  expect(fresh.events).toEqual([]);
  expect(ada.line.events).toEqual([]);
});

test("[DL19] a lost connection ends the link, whichever it is", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  for (const isOpener of [true, false]) {
    const [fresh, old] = [new Line(dial(here)), new Line(dial(here))];
    await ada.authenticate(old);
    const { code } = await fresh.ask("link.open", { commitment: ada.random(32) });
    await old.ask("link.claim", { code });
    (isOpener ? fresh : old).wire.close();
    const other = isOpener ? old : fresh;
    expect(other.events).toEqual([{ event: "link", code, message: null }]);
    expect(await other.codeOf("link.send", { code, message: ada.random(9) })).toBe("link/unknown");
  }
});

test("T90 links are few, short and small", async () => {
  const here = await world({ limits: { linksPerAddress: { burst: 5, refillMs: 60_000 } } });
  const ada = await Person.join(here, "ada");
  const fresh = new Line(dial(here));
  const codes = [];
  for (let n = 0; n < 5; n++) codes.push(await fresh.codeOf("link.open", { commitment: ada.random(32) }));
  expect(codes).toEqual(["ok", "ok", "ok", "request/too-many", "request/too-many"]);
  // By address too, and another one isn't concerned.
  expect(await new Line(dial(here)).codeOf("link.open", { commitment: ada.random(32) })).toBe("request/too-many");
  const elsewhere = new Line(dial(here, "192.0.2.7"));
  const { code } = await elsewhere.ask("link.open", { commitment: ada.random(32) });
  await ada.line.ask("link.claim", { code });
  expect(await ada.line.codeOf("link.send", { code, message: new Uint8Array(LINK_MESSAGE_BYTES_MAX + 1) })).toBe(
    "request/malformed",
  );
  const sent = [];
  for (let n = 0; n < 40; n++) sent.push(await ada.line.codeOf("link.send", { code, message: ada.random(9) }));
  expect(sent.filter((each) => each === "ok")).toHaveLength(32);
  expect(sent.at(-1)).toBe("link/unknown");
});

/** What a link is, said simply: who opened it, who took it, until when. */
type Model = { code: string; opener: number; claimer: number | undefined; expiresAt: number };

test("T69 whatever five connections do with codes, only the two of a link hear each other, and only in its time", async () => {
  const action = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant("open" as const), line: fc.nat(4) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("claim" as const), line: fc.nat(4), link: fc.nat(5) }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant("send" as const), line: fc.nat(4), link: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), line: fc.nat(4), link: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), line: fc.nat(4) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 200 }) }),
    },
  );
  const limits = {
    linksPerAddress: { burst: 1e6, refillMs: 1 },
    linkClaimsPerAccount: { burst: 1e6, refillMs: 1 },
    linksPerConnectionMax: 100,
    connectionsPerDeviceMax: 100,
    anonymousPerAddress: { burst: 1e6, refillMs: 1 },
  };
  const here = await world({ limits });
  const ada = await Person.join(here, "ada");
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 60 }), async (actions) => {
      const fresh = async (): Promise<Line> => {
        const line = new Line(dial(here));
        await ada.authenticate(line);
        return line;
      };
      const lines = await Promise.all(Array.from({ length: 5 }, fresh));
      const heard: string[][] = lines.map(() => []);
      const expected: string[][] = lines.map(() => []);
      let models: Model[] = [];
      const past: string[] = [];
      const gather = (): void => {
        lines.forEach((line, at) => {
          for (const event of line.events.splice(0))
            if (event.event === "link")
              heard[at]?.push(`${event.code} ${event.message === null ? "end" : event.message.join()}`);
        });
      };
      const end = (model: Model, by?: number): void => {
        models = models.filter((each) => each !== model);
        for (const side of [model.opener, model.claimer])
          if (side !== undefined && side !== by) expected[side]?.push(`${model.code} end`);
      };
      let sent = 0;
      for (const step of actions) {
        if (step.do === "wait") {
          for (let second = 0; second < step.seconds; second++) {
            here.advance(1_000);
            for (const model of models) if (model.expiresAt <= here.now()) end(model);
          }
          gather();
          continue;
        }
        const line = lines[step.line];
        if (line === undefined) continue;
        if (step.do === "open") {
          const { code } = await line.ask("link.open", { commitment: ada.random(32) });
          models.push({
            code,
            opener: step.line,
            claimer: undefined,
            expiresAt: here.now() + LINK_CODE_SECONDS * 1_000,
          });
          past.push(code);
        } else if (step.do === "close") {
          gather();
          line.wire.close();
          for (const model of models)
            if (model.opener === step.line || model.claimer === step.line) end(model, step.line);
          lines[step.line] = await fresh();
        } else {
          const code = past[step.link] ?? NOBODYS_CODE;
          const model = models.find((each) => each.code === code);
          const isSide = model?.opener === step.line || model?.claimer === step.line;
          if (step.do === "claim") {
            const may = model !== undefined && model.claimer === undefined && model.opener !== step.line;
            expect(await line.codeOf("link.claim", { code })).toBe(may ? "ok" : "link/unknown");
            if (may) {
              model.claimer = step.line;
              model.expiresAt += (LINK_CEREMONY_SECONDS - LINK_CODE_SECONDS) * 1_000;
            }
          } else if (step.do === "send") {
            const other = model?.opener === step.line ? model.claimer : model?.opener;
            const may = model !== undefined && isSide && other !== undefined;
            const message = Uint8Array.of(++sent);
            expect(await line.codeOf("link.send", { code, message })).toBe(may ? "ok" : "link/unknown");
            if (may) expected[other]?.push(`${code} ${sent}`);
          } else {
            expect(await line.codeOf("link.cancel", { code })).toBe(isSide ? "ok" : "link/unknown");
            if (model !== undefined && isSide) end(model, step.line);
          }
        }
        gather();
      }
      await settle();
      gather();
      expect(heard).toEqual(expected);
      for (const line of lines) line.wire.close();
    }),
    { numRuns: 40 },
  );
});

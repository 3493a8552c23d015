import { INSERT_POSTS, type SeedOrder, type SeedTold } from "./seed-order.ts";
import { indexedCabinet } from "../../packages/platform-web/src/key-cabinet.ts";
import { openWebStorage } from "../../packages/platform-web/src/web-storage.ts";

const NAME = "sotto";
const A_TRANSACTION = 20_000;
/** Texts of the length that people write, from a few words up to a few lines, are parts of this. */
const TEXT =
  "the lamp on the long gallery burns again, so bring oil and tell nobody that we met before noon at the eastern stair. ".repeat(
    5,
  );

/**
 * Puts lines of timelines straight into this browser's own database, as the engine would have written them: before everything that the log
 * holds, so that what is written from now on follows.
 */
async function seed(order: SeedOrder): Promise<void> {
  const store = await openWebStorage({ name: NAME, cabinet: indexedCabinet(NAME) }).open();
  try {
    const conversations = store
      .all("select c.id, c.name, r.roll from conversations c join rolls r on r.conversation = c.id order by c.name")
      .map(({ id, name, roll }) => ({
        id: String(id),
        name: String(name),
        members: (JSON.parse(String(roll)) as { members: { account: string }[] }).members.map(({ account }) => account),
      }));
    const own = String(store.all("select account from session")[0]?.["account"]);
    for (const { id, name, members } of conversations) {
      const count = order.posts[name] ?? order.each;
      for (let from = 0; from < count; from += A_TRANSACTION) {
        const to = Math.min(count, from + A_TRANSACTION);
        store.run(INSERT_POSTS, [id, count, JSON.stringify(members), from, to, order.until, own, TEXT]);
      }
    }
  } finally {
    store.close();
  }
}

const tell = (told: SeedTold): void => postMessage(told);
addEventListener("message", ({ data }: MessageEvent<SeedOrder>) => {
  seed(data).then(
    () => tell({ kind: "done" }),
    (error: unknown) => tell({ kind: "failed", message: String(error) }),
  );
});

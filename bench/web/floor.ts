import type { BrowserContext, Page } from "playwright-core";

const PLAIN = `<!doctype html><title>floor</title><style>#list{height:800px;overflow:auto}#list div{height:60px}</style>
<div id="list"></div><textarea id="field"></textarea><script>
const list = document.getElementById("list");
const add = (text) => { const row = document.createElement("div"); row.dataset.testid = "post-text"; row.textContent = text; list.append(row); };
for (let n = 0; n < 1000; n++) add("row " + n);
document.getElementById("field").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  add(event.target.value);
  event.target.value = "";
});
</script>`;

/** A page with nothing in it but what is measured: a thousand rows, and a field whose Enter adds one. */
export async function openFloor(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  const place = `${url}/bench-floor`;
  await page.route(place, (route) => route.fulfill({ contentType: "text/html", body: PLAIN }));
  await page.goto(place);
  return page;
}

/** Keys to paint on the bare page, in the same way as in the app. */
export async function floorOfKeys(page: Page, rounds: number): Promise<number[]> {
  const all: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const text = `floor ${round}`;
    await page.locator("#field").fill(text);
    const measured = page.evaluate(async (wanted) => {
      const pressed = new Promise<number>((resolve) =>
        addEventListener("keydown", ({ timeStamp }) => resolve(timeStamp), { capture: true, once: true }),
      );
      const shown = await window.probe.postPainted(wanted);
      return shown - (await pressed);
    }, text);
    await page.locator("#field").press("Enter");
    all.push(await measured);
  }
  return all;
}

/** Seconds for nothing but the cipher and the signature of so many posts of 1 KiB, one after the other, by the browser's own cryptography. */
export function floorOfOpening(page: Page, posts: number): Promise<number> {
  return page.evaluate(async (count) => {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt", "decrypt"]);
    const pair = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
    const iv = new Uint8Array(12);
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new Uint8Array(1024));
    const signature = await crypto.subtle.sign("Ed25519", pair.privateKey, sealed);
    const from = performance.now();
    for (let n = 0; n < count; n++) {
      await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed);
      await crypto.subtle.verify("Ed25519", pair.publicKey, signature, sealed);
    }
    return (performance.now() - from) / 1_000;
  }, posts);
}

// Vite's way to bundle a worker and get its address without starting it: who starts it says when (one tab leads).
const [address] = Object.values(
  import.meta.glob<string>("./engine-worker.ts", { query: "?worker&url", import: "default", eager: true }),
);

/** Where the built worker lies on this server. */
export function engineWorkerUrl(): string {
  if (address === undefined) throw new Error("this build has no worker");
  return address;
}

// Vite's way to bundle a worker and get its address without starting it.
const [address] = Object.values(
  import.meta.glob<string>("./text-worker.ts", { query: "?worker&url", import: "default", eager: true }),
);

/** Where the built worker lies on this server. */
export function textWorkerUrl(): string {
  if (address === undefined) throw new Error("this build has no worker");
  return address;
}

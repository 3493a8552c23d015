import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";

/** What a run has to be read with: absolute times say little without it. */
export type Machine = { cpu: string; cores: number; memoryGiB: number; system: string; node: string; load: number };

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${process.platform} ${release()}`,
    node: process.version,
    load: loadavg()[0] ?? Number.NaN,
  };
}

export const inWords = ({ cpu, cores, memoryGiB, system, node, load }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}; load ${load.toFixed(1)}`;

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Browser, Page } from "playwright-core";

type TraceEvent = {
  name: string;
  cat: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds: wall time, and the thread's own processor time. */
  ts: number;
  dur?: number;
  tdur?: number;
};

/** A task of the page's main thread: the processor time that it took, and the time on the clock. */
export type Task = { cpuMs: number; wallMs: number };

const MARK = "sotto-long-tasks";
const CATEGORIES = ["-*", "toplevel", "blink.user_timing", "__metadata"];

/**
 * Watches a page's main thread until it is stopped: its tasks, longest first. The trace is kept in a file, with what the page's own
 * PerformanceObserver called long, and the gaps between frames (ms, on the clock).
 * On a machine that has other things to do, the time on the clock says little: what counts is the
 * processor time of each task, which the trace has beside it.
 */
export async function watchTasks(browser: Browser, page: Page): Promise<(file: string) => Promise<Task[]>> {
  await browser.startTracing(page, { categories: CATEGORIES });
  await page.evaluate((mark) => {
    const state = { long: [] as number[], gaps: [] as number[], on: true };
    Object.assign(window, { __tasks: state });
    new PerformanceObserver((entries) => {
      for (const { duration } of entries.getEntries()) state.long.push(duration);
    }).observe({ type: "longtask" });
    let last = performance.now();
    const frame = (now: number) => {
      state.gaps.push(now - last);
      last = now;
      if (state.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    performance.mark(mark);
  }, MARK);
  return async (file) => {
    const own = await page.evaluate(() => {
      const state = (window as unknown as { __tasks: { long: number[]; gaps: number[]; on: boolean } }).__tasks;
      state.on = false;
      return { long: state.long, gaps: state.gaps };
    });
    const trace = await browser.stopTracing();
    const all = (JSON.parse(trace.toString("utf8")) as { traceEvents: TraceEvent[] }).traceEvents;
    const mark = all.find(({ name }) => name === MARK);
    if (mark === undefined) throw new Error("the page's thread isn't in the trace");
    // What the page's main thread did; the rest would be a hundred times as much.
    const traceEvents = all.filter(({ pid, tid, ph }) => pid === mark.pid && (tid === mark.tid || ph === "M"));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ traceEvents, longTasks: own.long, frameGaps: own.gaps }));
    return traceEvents
      .filter(({ name, ph, ts }) => ph === "X" && ts >= mark.ts && name.endsWith("RunTask"))
      .map(({ dur = 0, tdur }) => ({ cpuMs: (tdur ?? dur) / 1_000, wallMs: dur / 1_000 }))
      .toSorted((a, b) => b.cpuMs - a.cpuMs);
  };
}

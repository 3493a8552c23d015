import type { BrowserContext, Page } from "playwright-core";

/** What a page tells about itself. Times are `performance.now()` of that page, in ms; paints are the moment after a frame went out. */
export type Probe = {
  /** Long tasks (over 50 ms) since the last call. */
  longTasks(): number[];
  /** When something first holds, painted. Looks at every change of the document. */
  painted(holds: () => boolean): Promise<number>;
  /** When one of the last posts of the open conversation has this text, painted. */
  postPainted(text: string): Promise<number>;
  /** Scrolls an element by so many px a frame, for so long, and tells every gap between frames. */
  scroll(selector: string, pxPerFrame: number, forMs: number): Promise<number[]>;
};

declare global {
  interface Window {
    probe: Probe;
  }
}

/** Before anything of the page runs. */
export async function probing(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    let long: number[] = [];
    new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: "longtask",
      buffered: true,
    });
    const painted = (holds: () => boolean): Promise<number> =>
      new Promise((resolve) => {
        // The callback runs before this frame is painted; the task after it, once it has been.
        const done = (): void => void requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
        if (holds()) return done();
        const observer = new MutationObserver(() => {
          if (!holds()) return;
          observer.disconnect();
          done();
        });
        observer.observe(document, { childList: true, subtree: true, characterData: true });
      });
    window.probe = {
      longTasks: () => {
        const told = long;
        long = [];
        return told;
      },
      painted,
      postPainted: (text) =>
        painted(() =>
          [...document.querySelectorAll('[data-testid="post-text"]')]
            .slice(-3)
            .some(({ textContent }) => textContent === text),
        ),
      scroll: (selector, pxPerFrame, forMs) =>
        new Promise((resolve, reject) => {
          const element = document.querySelector(selector);
          if (element === null) return reject(new Error(`there is no ${selector}`));
          const gaps: number[] = [];
          const begun = performance.now();
          let last: number | undefined;
          const frame = (at: number): void => {
            if (last !== undefined) gaps.push(at - last);
            last = at;
            if (performance.now() - begun > forMs) return resolve(gaps);
            element.scrollTop += pxPerFrame;
            requestAnimationFrame(frame);
          };
          requestAnimationFrame(frame);
        }),
    };
  });
}

/** Bytes of JavaScript objects that are in use, once the garbage is gone; and how many nodes the document has. */
export async function heapOf(page: Page): Promise<{ bytes: number; nodes: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  await session.send("Performance.enable");
  const { metrics } = await session.send("Performance.getMetrics");
  await session.detach();
  const value = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { bytes: value("JSHeapUsedSize"), nodes: value("Nodes") };
}

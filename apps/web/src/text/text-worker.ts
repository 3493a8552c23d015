import type { TextAnswer, TextJob } from "./text-job.ts";

// Text that may be dear to read is read here, where nobody waits for it and whence it can be taken away.
const tell = (answer: TextAnswer): void => postMessage(answer);

async function done(job: TextJob): Promise<Extract<TextAnswer, { kind: "done" }>["result"]> {
  switch (job.kind) {
    case "parse": {
      const { parseMarkdown } = await import("@sotto/views/markdown");
      tell({ kind: "begun" });
      return parseMarkdown(job.text);
    }
    case "highlight": {
      const { highlight } = await import("./highlight.ts");
      tell({ kind: "begun" });
      return highlight(job.language, job.text);
    }
  }
}

addEventListener("message", ({ data }: MessageEvent<TextJob>) => {
  done(data).then(
    (result) => tell({ kind: "done", result }),
    () => tell({ kind: "done", result: null }),
  );
});

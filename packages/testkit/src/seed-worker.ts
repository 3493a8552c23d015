import { workShare } from "./seed-runner.ts";

await workShare();

export * from "./export-data.ts";
export * from "./export-files.ts";
export * from "./export-page.ts";
export * from "./export-timeline.ts";

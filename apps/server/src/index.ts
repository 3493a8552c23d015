export { readConfig, type ServerConfig } from "./config.ts";
export { inspectAccount, issueResetCode } from "./owner.ts";
export { serve } from "./serve.ts";
export { startServer, type RunningServer } from "./server.ts";
export { openSqliteStore, SqliteStore } from "./sqlite-store.ts";

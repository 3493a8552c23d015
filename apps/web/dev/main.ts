import "../src/styles/index.css";
import { showApp } from "../src/show.tsx";
import { fakeEngine } from "./fake-engine.ts";
import { world } from "./world.ts";

// The screens on an engine that only pretends: /dev/?world=…, with the names that world.ts and fake-account.ts ask for.
const which = new URLSearchParams(location.search).get("world") ?? "all";
const engine = fakeEngine(world(Date.now(), which));
Object.assign(window, { fake: engine });
showApp(engine);

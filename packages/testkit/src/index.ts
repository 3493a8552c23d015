export { rulesFor, type StoreRule, type StoreSubject } from "./store-contract.ts";
export { simulate, type Simulation, type SimulationOptions } from "./simulate.ts";
export { World, type Person, type Plants } from "./world.ts";

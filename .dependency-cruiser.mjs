// Who may import whom. The table in docs/contributing.md in words, this file in force (scripts/check/layers.mjs).

const PURE = ["protocol", "crypto", "mls", "engine", "views", "delivery"];
const TESTS = "\\.(test|e2e)\\.tsx?$|/(test|bench)/";

/**
 * For each room: which rooms of ours it may import, as paths. Files that are not named here may be imported by nobody else.
 * @type {Record<string, string[]>}
 */
const MAY_IMPORT = {
  "packages/protocol": [],
  "packages/crypto": ["packages/protocol/"],
  "packages/mls": ["packages/protocol/"],
  "packages/engine": ["packages/protocol/", "packages/crypto/", "packages/mls/"],
  "packages/views": ["packages/protocol/", "packages/engine/"],
  "packages/delivery": ["packages/protocol/", "packages/crypto/src/verify\\.ts$"],
  "packages/platform-web": ["packages/protocol/", "packages/engine/"],
  "packages/platform-node": ["packages/protocol/", "packages/engine/"],
  "apps/server": [
    "packages/protocol/",
    "packages/delivery/",
    // The server's half of the password protocol, and the checks that need no key that opens content.
    "packages/crypto/src/password-server\\.ts$",
    "packages/crypto/src/verify\\.ts$",
  ],
  "apps/web": ["packages/protocol/", "packages/engine/", "packages/views/", "packages/platform-web/"],
  "apps/cli": ["packages/protocol/", "packages/engine/", "packages/views/", "packages/platform-node/", "apps/server/"],
};

/** @type {import("dependency-cruiser").IForbiddenRuleType[]} */
const layers = Object.entries(MAY_IMPORT).map(([room, allowed]) => ({
  name: `layer-${room.split("/").at(-1)}`,
  comment: `${room} may import ${allowed.length === 0 ? "no other package of ours" : allowed.join(", ")}.`,
  severity: "error",
  from: { path: `^${room}/`, pathNot: TESTS },
  to: { path: "^(packages|apps)/", pathNot: [`^${room}/`, ...allowed.map((path) => `^${path}`), "/node_modules/"] },
}));

/** @type {import("dependency-cruiser").IForbiddenRuleType[]} */
const others = [
  {
    name: "testkit-in-tests-only",
    comment: "The test kit holds a hostile server and planted bugs: nothing that ships imports it.",
    severity: "error",
    from: { path: "^(packages|apps)/", pathNot: ["^packages/testkit/", TESTS] },
    to: { path: "^packages/testkit/" },
  },
  {
    name: "one-door-to-mls",
    comment: "packages/mls is the only importer of the MLS library: its guards stand at that door.",
    severity: "error",
    from: { pathNot: ["^packages/mls/", TESTS] },
    to: { path: "node_modules/ts-mls/" },
  },
  {
    name: "pure-without-node",
    comment: "Pure packages run in a browser, in Node and in the simulator: what they need comes in through ports.",
    severity: "error",
    from: { path: `^packages/(${PURE.join("|")})/`, pathNot: TESTS },
    to: { dependencyTypes: ["core"] },
  },
  {
    name: "protocol-schema-and-cbor-only",
    comment: "protocol knows the schema library and the CBOR library, and nothing else.",
    severity: "error",
    from: { path: "^packages/protocol/", pathNot: TESTS },
    to: { path: "node_modules/", pathNot: "node_modules/(valibot|cborg)/" },
  },
  {
    name: "views-know-engine-types-only",
    comment: "views makes rows out of what it is given; it starts nothing.",
    severity: "error",
    from: { path: "^packages/views/", pathNot: TESTS },
    to: { path: "^packages/engine/", dependencyTypesNot: ["type-only"] },
  },
  {
    name: "no-circles",
    comment: "Of two files that need each other neither can be read first.",
    severity: "error",
    from: { path: "^(packages|apps)/" },
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  {
    name: "nothing-missing",
    comment: "An import that leads nowhere is an import that no rule above has looked at.",
    severity: "error",
    from: { path: "^(packages|apps)/" },
    // Vite's own: ?worker, ?url and virtual modules.
    to: { couldNotResolve: true, pathNot: "[?]|^virtual:" },
  },
];

/** @type {import("dependency-cruiser").IConfiguration} */
export default { forbidden: [...layers, ...others] };

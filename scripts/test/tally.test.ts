import { expect, test } from "vitest";
import { count, inWords, sum } from "./tally.mjs";

const passing = { status: "passed", assertionResults: [{ status: "passed" }] };
const failing = { status: "failed", assertionResults: [{ status: "passed" }, { status: "failed" }] };
const unloadable = { status: "failed", assertionResults: [] };
const none = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };

test.each([
  ["all pass", { ...none, numPassedTests: 1, testResults: [passing] }, 0, "1 passed, 0 failed"],
  ["one fails", { ...none, numPassedTests: 1, numFailedTests: 1, testResults: [failing] }, 1, "1 passed, 1 failed"],
  [
    "a file can't be loaded",
    { ...none, numPassedTests: 1, testResults: [passing, unloadable] },
    1,
    "1 passed, 1 failed",
  ],
  [
    "both",
    { ...none, numPassedTests: 1, numFailedTests: 1, testResults: [failing, unloadable] },
    1,
    "1 passed, 2 failed",
  ],
  ["an error outside of tests", { ...none, numPassedTests: 1, testResults: [passing] }, 1, "1 passed, 1 failed"],
  [
    "skipped is not passed",
    { ...none, numPassedTests: 1, numPendingTests: 2, testResults: [passing] },
    0,
    "1 passed, 0 failed, 2 skipped",
  ],
  ["all skipped", { ...none, numPendingTests: 2, testResults: [passing] }, 0, "0 passed, 1 failed, 2 skipped"],
  ["no test", none, 0, "0 passed, 1 failed"],
  ["no report", undefined, 1, "0 passed, 1 failed"],
])("%s", (_, report, exitCode, words) => {
  expect(inWords(count(report, exitCode))).toBe(words);
});

test("suites are added up", () => {
  const total = sum([
    { passed: 3, failed: 1, skipped: 0 },
    { passed: 4, failed: 0, skipped: 5 },
  ]);
  expect(inWords(total)).toBe("7 passed, 1 failed, 5 skipped");
});

// Adding up what vitest reports.

/** @typedef {{ passed: number, failed: number, skipped: number }} Tally */

/**
 * The part of vitest's JSON report that we read.
 * @typedef {object} Report
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {readonly { status: string, assertionResults: readonly unknown[] }[]} testResults  one for each file
 */

/**
 * Counts one suite. What vitest doesn't count as a test fails here as one: a file that could not be loaded, an error
 * outside of any test, a suite in which no test ran at all.
 * @param {Report | undefined} report  undefined if vitest wrote none
 * @param {number} exitCode  vitest's
 * @returns {Tally}
 */
export function count(report, exitCode) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some(hasFailed),
  ).length;
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + brokenFiles;
  const hasSilentFailure = failed === 0 && (exitCode !== 0 || passed === 0);
  return {
    passed,
    failed: hasSilentFailure ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** @param {unknown} result */
function hasFailed(result) {
  return typeof result === "object" && result !== null && "status" in result && result.status === "failed";
}

/**
 * @param {readonly Tally[]} tallies
 * @returns {Tally}
 */
export function sum(tallies) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of tallies) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

/**
 * The line on which a run ends.
 * @param {Tally} tally
 */
export function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

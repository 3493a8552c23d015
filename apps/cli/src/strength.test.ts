import { expect, test } from "vitest";
import { estimate, requireStrong } from "./strength.ts";

test.each([
  ["password1", "common"],
  ["alice12345", "name"],
  ["aaaaaaaaaaaa", "repeat"],
  ["abcdefghijk", "sequence"],
  ["xK3$", "nothing"],
] as const)("%s is refused: %s", async (password, found) => {
  expect(await estimate(password, ["alice", "liddell"])).toMatchObject({ found });
  await expect(requireStrong(password, ["alice", "liddell"])).rejects.toThrow(
    /^That password is refused\. .+ Try four unrelated words\.$/,
  );
});

test("four unrelated words are accepted", async () => {
  await expect(requireStrong("mango quilt zebra 71", ["alice"])).resolves.toBeUndefined();
});

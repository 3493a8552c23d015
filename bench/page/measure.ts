import { createPasswordClient } from "@sotto/crypto/password-client";
import { createPasswordSetup, openPasswordServer } from "@sotto/crypto/password-server";
import { type Clocks, commitsIn, type Costs, groupOf, type Posts, postsIn } from "../../packages/mls/bench/measure.ts";

const DEVICES = 100;
const POSTS = 150;
const COMMITS = 4;

/** What is measured alike in Node and in a browser's worker. `password`: ms of one sign-up's Argon2id. */
export type Round = { provider: string; posts: Posts; commits: Costs<"make" | "process">; password: number };

/** `rounds` times: posts and commits in a group of 100, and the work that a password costs. */
export async function measure(rounds: number, clocks: Clocks, each: (round: Round) => void): Promise<void> {
  const group = await groupOf(DEVICES);
  const password = await passwordWork(clocks);
  for (let round = 0; round < rounds; round++)
    each({
      provider: group.provider.kind,
      posts: await postsIn(group, POSTS, clocks),
      commits: await commitsIn(group, COMMITS, clocks),
      password: await password(),
    });
}

/** The finishing step of a sign-up, which stretches the password. */
async function passwordWork({ now }: Clocks): Promise<() => Promise<number>> {
  const [client, server] = [createPasswordClient(), await openPasswordServer(await createPasswordSetup())];
  const [username, password] = ["bench", "lamp oil before the long gallery"];
  return async () => {
    const { state, request } = await client.registerStart(password);
    const response = server.startRegistration(username, request);
    if (response === undefined) throw new Error("the registration was refused");
    const start = now();
    await client.registerFinish({ username, password, state, response });
    return now() - start;
  };
}

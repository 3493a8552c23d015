import { codeOf, personOf } from "./action.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import type { World } from "./world.ts";

/** What a person tries on a signed-out device until it is signed in: a name that is taken may be their own. */
export async function enrol(world: World, device: SimulatedDevice): Promise<string> {
  const { username, password, displayName } = personOf(world, device);
  try {
    await device.engine.signUp({ username, password, displayName });
    return `${device.name} signed up`;
  } catch (error) {
    if (codeOf(error) !== "account/name-taken") throw error;
  }
  return signIn(world, device);
}

/** Tries the passwords that may be right. */
export async function signIn(world: World, device: SimulatedDevice): Promise<string> {
  const person = personOf(world, device);
  const { username } = person;
  let refusal: unknown;
  for (const password of person.passwords) {
    try {
      await device.engine.signIn({ username, password });
      person.confirmPassword(password);
      world.trace.count("action: sign in");
      return `${device.name} signed in`;
    } catch (error) {
      if (codeOf(error) !== "account/sign-in-failed") throw error;
      refusal = error;
    }
  }
  throw refusal;
}

/** Signed out, ended elsewhere, or told to be a copy: only signing in helps. */
export async function needsSignIn(device: SimulatedDevice): Promise<boolean> {
  const session = await device.engine.session();
  if (session.kind === "signed-out") return true;
  return (
    session.kind === "signed-in" &&
    (session.refusedBecause !== null || session.notices.some(({ kind }) => kind === "cloned"))
  );
}

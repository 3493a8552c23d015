import { codeOf, onSomeDevice, personOf, signedIn, type Action } from "./action.ts";

const DAY_MS = 24 * 60 * 60_000;
/** More than the notice that a reclaim gives. */
export const LEAP_MS = DAY_MS + 60 * 60_000;

/** Passwords, recovery keys, and the ways back into an account. */
export const ACCOUNT_ACTIONS: readonly Action[] = [
  {
    name: "change the password",
    weight: 3,
    act: onSomeDevice(signedIn, async (world, device) => {
      const person = personOf(world, device);
      const { password } = person;
      const newPassword = person.thinkOfPassword();
      await device.engine.changePassword({ password, newPassword });
      person.confirmPassword(newPassword);
      return `${device.name} changed the password`;
    }),
  },
  {
    name: "write down the recovery key",
    weight: 6,
    act: onSomeDevice(signedIn, async (world, device, random) => {
      const person = personOf(world, device);
      const { recoveryKey } = await device.engine.recoveryKey({ password: person.password });
      if (recoveryKey === null) return `${device.name} has no recovery key to show any more`;
      person.writeDown(recoveryKey);
      world.secrets.add(recoveryKey);
      if (random.chance(0.5)) await device.engine.confirmRecoveryKey({ password: person.password, recoveryKey });
      return `${device.name} showed the recovery key`;
    }),
  },
  {
    name: "change the recovery key",
    weight: 2,
    act: onSomeDevice(signedIn, async (world, device) => {
      const person = personOf(world, device);
      const { recoveryKey } = await device.engine.changeRecoveryKey({ password: person.password });
      person.writeDown(recoveryKey);
      world.secrets.add(recoveryKey);
      return `${device.name} changed the recovery key`;
    }),
  },
  {
    name: "recover",
    weight: 4,
    act: async (world, random) => {
      const person = random.pick(world.people.filter(({ recoveryKeys }) => recoveryKeys.length > 0));
      if (person === undefined || world.devices.length > 9) return undefined;
      const device = await world.addDevice(person);
      const { username } = person;
      const newPassword = person.thinkOfPassword();
      let refusal: unknown;
      for (const recoveryKey of person.recoveryKeys) {
        try {
          await device.engine.recover({ username, recoveryKey, newPassword });
          person.confirmPassword(newPassword);
          world.trace.count("recovered");
          return `${device.name} recovered the account of ${username}`;
        } catch (error) {
          if (codeOf(error) !== "account/recovery-failed") throw error;
          refusal = error;
        }
      }
      throw refusal;
    },
  },
  {
    name: "reclaim",
    weight: 2.5,
    act: onSomeDevice(signedIn, async (world, device) => {
      const person = personOf(world, device);
      await device.engine.announceReclaim();
      world.trace.add(`${device.name} announced a reclaim`);
      const newPassword = person.thinkOfPassword();
      world.leap(LEAP_MS);
      await world.sleep(LEAP_MS - 1_000);
      const { recoveryKey } = await device.engine.completeReclaim({ newPassword });
      person.confirmPassword(newPassword);
      person.writeDown(recoveryKey);
      world.secrets.add(recoveryKey);
      world.trace.count("reclaimed");
      return `${device.name} reclaimed the account of ${person.username}`;
    }),
  },
  {
    name: "reset by the owner",
    weight: 1,
    act: async (world, random) => {
      const person = random.pick(world.people);
      if (person === undefined || world.devices.length > 9) return undefined;
      const resetCode = await world.server.issueReset(person.username, random);
      if (resetCode === undefined) return undefined;
      const device = await world.addDevice(person);
      const { username, displayName } = person;
      await device.engine.signUp({ username, password: person.thinkOfPassword(), displayName, resetCode });
      await world.sortOut();
      world.trace.count("reset");
      return `${device.name} signed up for ${username} with the owner's code`;
    },
  },
  {
    name: "a day passes",
    weight: 1,
    act: async (world) => {
      world.leap(LEAP_MS);
      return "a day passed";
    },
  },
];

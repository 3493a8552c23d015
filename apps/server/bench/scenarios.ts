import { MEMBERS, type Crowd, type Room } from "./crowd.ts";
import { post } from "./post.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export type Saturated = { usPerDelivery: number; deliveriesPerS: number; p50: number; p99: number };

/** Every room has one post under way at any time, for `seconds` after a second of warming up. */
export async function saturate({ server, rooms }: Crowd, seconds: number): Promise<Saturated> {
  const left = new Int32Array(rooms.length).fill(MEMBERS);
  const sentAt = new Float64Array(rooms.length);
  let [deliveries, isOver, underWay] = [0, false, 0];
  let latencies: number[] = [];
  const send = (index: number): void => {
    const room = rooms[index];
    const [author] = room?.members ?? [];
    if (room === undefined || author === undefined) return;
    left[index] = MEMBERS;
    sentAt[index] = performance.now();
    underWay++;
    post(author, room.template, index);
  };
  for (const { members } of rooms)
    for (const member of members)
      member.listen((index) => {
        deliveries++;
        latencies.push(performance.now() - (sentAt[index] ?? 0));
        left[index] = (left[index] ?? 0) - 1;
        if (left[index] !== 0) return;
        underWay--;
        if (!isOver) send(index);
      });
  for (let index = 0; index < rooms.length; index++) send(index);
  await sleep(1_000);
  const [from, cpu, start] = [deliveries, server.cpu(), performance.now()];
  latencies = [];
  await sleep(seconds * 1_000);
  const count = deliveries - from;
  const result = {
    usPerDelivery: ((server.cpu() - cpu) / count) * 1e6,
    deliveriesPerS: (count / (performance.now() - start)) * 1_000,
    ...spread(latencies),
  };
  isOver = true;
  while (underWay > 0) await sleep(20);
  return result;
}

export type OneToOne = { p50: number; p99: number; usPerPost: number };

/** One sender, one receiver, one post under way: from send to the other's socket. */
export async function pingPong({ server, pair }: Crowd, posts: number): Promise<OneToOne> {
  const [author, receiver] = two(pair);
  author.listen(() => {});
  const latencies: number[] = [];
  let start = 0;
  const cpu = server.cpu();
  await new Promise<void>((resolve) => {
    const send = (): void => {
      start = performance.now();
      post(author, pair.template, 0);
    };
    receiver.listen(() => {
      latencies.push(performance.now() - start);
      if (latencies.length === posts) resolve();
      else setImmediate(send);
    });
    send();
  });
  return { ...spread(latencies.slice(posts / 10)), usPerPost: ((server.cpu() - cpu) / posts) * 1e6 };
}

const IN_FLIGHT = 64;

export type Appended = { perS: number; usPerPost: number; p50: number };

/** One sender, one receiver, 64 posts under way: how many a second are stored and delivered. */
export async function append({ server, pair }: Crowd, seconds: number): Promise<Appended> {
  const [author, receiver] = two(pair);
  author.listen(() => {});
  let [arrived, underWay, number, isOver] = [0, 0, 0, false];
  const sentAt = new Map<number, number>();
  let latencies: number[] = [];
  const send = (): void => {
    underWay++;
    sentAt.set(++number, performance.now());
    post(author, pair.template, number);
  };
  receiver.listen((heard) => {
    arrived++;
    underWay--;
    latencies.push(performance.now() - (sentAt.get(heard) ?? 0));
    sentAt.delete(heard);
    if (!isOver) send();
  });
  for (let i = 0; i < IN_FLIGHT; i++) send();
  await sleep(500);
  const [from, cpu, start] = [arrived, server.cpu(), performance.now()];
  latencies = [];
  await sleep(seconds * 1_000);
  const count = arrived - from;
  const result = {
    perS: (count / (performance.now() - start)) * 1_000,
    usPerPost: ((server.cpu() - cpu) / count) * 1e6,
    p50: spread(latencies).p50,
  };
  isOver = true;
  while (underWay > 0) await sleep(20);
  return result;
}

function two({ members }: Room) {
  const [author, receiver] = members;
  if (author === undefined || receiver === undefined) throw new Error("a conversation of fewer than two");
  return [author, receiver] as const;
}

function spread(values: number[]): { p50: number; p99: number } {
  const sorted = Float64Array.from(values).sort();
  return { p50: sorted[Math.floor(sorted.length * 0.5)] ?? 0, p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0 };
}

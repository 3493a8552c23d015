import { expect, test } from "vitest";
import { Query } from "./query.ts";

function asked(): { query: Query<number>; answer: (how: number | Error) => void; questions: () => number } {
  const waiting: { resolve: (value: number) => void; reject: (error: Error) => void }[] = [];
  let questions = 0;
  const query = new Query<number>(
    () =>
      new Promise((resolve, reject) => {
        questions += 1;
        waiting.push({ resolve, reject });
      }),
  );
  const answer = (how: number | Error) => {
    const next = waiting.shift();
    if (how instanceof Error) next?.reject(how);
    else next?.resolve(how);
  };
  return { query, answer, questions: () => questions };
}

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

test("any number of changes while one question is under way lead to one more", async () => {
  const { query, answer, questions } = asked();
  void query.refresh();
  void query.refresh();
  void query.refresh();
  expect(questions()).toBe(1);
  answer(1);
  await turn();
  expect(questions()).toBe(2);
  answer(2);
  await turn();
  expect(questions()).toBe(2);
  expect(query.state()).toEqual({ kind: "ready", value: 2 });
});

test("an answer that fails leaves what was shown; the first one says why", async () => {
  const { query, answer } = asked();
  void query.refresh();
  answer(new Error("secret"));
  await turn();
  expect(query.state()).toMatchObject({ kind: "failed", failure: { code: "internal/unexpected", message: "" } });
  void query.refresh();
  answer(1);
  await turn();
  void query.refresh();
  answer(new Error("secret"));
  await turn();
  expect(query.state()).toEqual({ kind: "ready", value: 1 });
});

import { lazy, Suspense } from "react";
import type { ComponentType, ReactNode } from "react";

/** What isn't needed to read and write comes when it is asked for. */
export function later<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
): (props: Props) => ReactNode {
  const Part = lazy(load);
  return function Later(props: Props) {
    return (
      <Suspense fallback={null}>
        <Part {...props} />
      </Suspense>
    );
  };
}

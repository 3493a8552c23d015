import { useRef } from "react";
import type { PointerEvent } from "react";

const LONG_PRESS_MS = 450;
const SLIP_PX = 10;
const LIFTED_MS = 250;

let lifting = false;

/** The finger that asked for what is open now is still there, or has only just gone: it chooses and closes nothing. */
export function isLifting(): boolean {
  return lifting;
}

function waitForLift(): void {
  lifting = true;
  const swallow = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  const stop = () => {
    lifting = false;
    window.removeEventListener("click", swallow, true);
  };
  window.addEventListener("click", swallow, { capture: true, once: true });
  for (const end of ["pointerup", "pointercancel"])
    window.addEventListener(end, () => setTimeout(stop, LIFTED_MS), { once: true, capture: true });
}

/** A finger that rests asks for the menu; one that moves scrolls. */
export function useLongPress(onPress: (element: Element) => void) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const from = useRef({ x: 0, y: 0 });
  const stop = () => clearTimeout(timer.current);
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.pointerType === "mouse") return;
      const element = event.currentTarget;
      from.current = { x: event.clientX, y: event.clientY };
      stop();
      timer.current = setTimeout(() => {
        waitForLift();
        onPress(element);
      }, LONG_PRESS_MS);
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (Math.hypot(event.clientX - from.current.x, event.clientY - from.current.y) > SLIP_PX) stop();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
  };
}

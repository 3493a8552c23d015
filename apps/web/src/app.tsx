import { useEffect, useRef, useState } from "react";
import { DirectionProvider } from "@base-ui/react/direction-provider";
import type { Session } from "@sotto/engine";
import { Announcer } from "./parts/announcer.tsx";
import { directionOf, useLocale } from "./state/language.ts";
import { useLive, useSession } from "./state/live.ts";
import { useNameOfNewDevice } from "./state/new-device.ts";
import { useToast } from "./state/toast.ts";
import { Auth } from "./screens/auth.tsx";
import { Shell } from "./screens/shell.tsx";
import { Damaged, Starting, Stopped } from "./screens/whole.tsx";

function Screen({ session }: { session: Session }) {
  const live = useLive();
  const account = session.kind === "signed-in" ? session.account : null;
  const before = useRef(account);
  const [signedOut, setSignedOut] = useState(false);
  if (session.kind === "signed-out" && !signedOut) setSignedOut(true);
  useEffect(() => {
    if (before.current !== null && before.current !== account) live.forget();
    before.current = account;
  }, [account, live]);
  useNameOfNewDevice(session);
  switch (session.kind) {
    case "starting":
      return <Starting />;
    case "signed-out":
      return <Auth />;
    case "damaged":
      return <Damaged failure={session.failure} />;
    case "signed-in":
      return <Shell session={session} fresh={signedOut} />;
  }
}

function Toasts() {
  const text = useToast();
  return (
    <div className="toasts" role="status">
      {text !== null && <div className="toast">{text}</div>}
    </div>
  );
}

/** The whole app, from whatever the session says. */
export function App() {
  const session = useSession();
  // Every text there is changes with it: all of it is made anew.
  const locale = useLocale();
  return (
    <DirectionProvider direction={directionOf(locale)} key={locale}>
      <div className="screen">
        {session.kind === "failed" && <Stopped failure={session.failure} />}
        {session.kind === "loading" && <Starting />}
        {session.kind === "ready" && <Screen session={session.value} />}
        <Announcer />
        <Toasts />
      </div>
    </DirectionProvider>
  );
}

import { useState } from "react";
import { later } from "../parts/lazy.tsx";
import { SignIn } from "./sign-in.tsx";
import { SignUp } from "./sign-up.tsx";

const LinkHere = later(() => import("./link-here.tsx"));
const Recover = later(() => import("./recover.tsx"));
const Lost = later(() => import("./lost.tsx"));

type Way = "up" | "in" | "link" | "recover" | "lost" | "reset";

/** Every way in. From each one leads a way on: none of them ends. */
export function Auth() {
  const [way, setWay] = useState<Way>("up");
  const [username, setUsername] = useState("");
  const to = (next: Way) => () => setWay(next);
  switch (way) {
    case "up":
      return <SignUp key="up" onOther={to("in")} onLink={to("link")} />;
    case "in":
      return (
        <SignIn
          onOther={to("up")}
          onLink={to("link")}
          onForgot={(typed) => {
            setUsername(typed);
            setWay("recover");
          }}
        />
      );
    case "link":
      return <LinkHere onBack={to("in")} onLost={to("lost")} />;
    case "recover":
      return <Recover username={username} onUsername={setUsername} onBack={to("in")} onLost={to("lost")} />;
    case "lost":
      return (
        <Lost onLink={to("link")} onRecover={to("recover")} onReset={to("reset")} onNew={to("up")} onBack={to("in")} />
      );
    case "reset":
      return <SignUp key="reset" onOther={to("in")} withCode={{ username, onBack: to("lost") }} />;
  }
}

import { useState } from "react";
import { SignIn } from "./sign-in.tsx";
import { SignUp } from "./sign-up.tsx";

/** The two ways in. */
export function Auth() {
  const [mode, setMode] = useState<"up" | "in">("up");
  return mode === "up" ? <SignUp onOther={() => setMode("in")} /> : <SignIn onOther={() => setMode("up")} />;
}

import type { ReactNode } from "react";
import { AuthFrame } from "./auth-frame.tsx";

type LostProps = {
  onLink: () => void;
  onRecover: () => void;
  onReset: () => void;
  onNew: () => void;
  onBack: () => void;
};

function Step({ title, children, verb, onGo }: { title: string; children: ReactNode; verb: string; onGo: () => void }) {
  return (
    <li>
      <h2>{title}</h2>
      <p>{children}</p>
      <button type="button" className="btn quiet" onClick={onGo}>
        {verb}
      </button>
    </li>
  );
}

/** What is left when things are lost, the best first. Said plainly: what nobody can bring back, too. */
export default function Lost({ onLink, onRecover, onReset, onNew, onBack }: LostProps) {
  return (
    <AuthFrame onSubmit={onBack}>
      <h1>What do you still have?</h1>
      <p className="s15 t2 sub">The first of these that you have brings back the most.</p>
      <ol className="ways">
        <Step title="A device that is signed in, and the password" verb="Link this device" onGo={onLink}>
          Everything comes with it. The device asks for your password.
        </Step>
        <Step title="The recovery key" verb="Use the recovery key" onGo={onRecover}>
          It opens everything, and you choose a new password.
        </Step>
        <li>
          <h2>Only a device that is signed in</h2>
          <p>
            On that device, open <b>Settings</b>, then <b>Account</b>, and choose <b>Take over my account</b>. Your
            messages stay; people who verified you are asked to compare again.
          </p>
        </li>
        <Step title="None of these" verb="I have a code" onGo={onReset}>
          Nobody can open the old account: not you, not this server. Its owner can give your name to a new account, with
          a code that works once. Ask them for it.
        </Step>
        <Step title="Not even that" verb="Create an account" onGo={onNew}>
          Begin again under another name. A name is never given out twice without its owner’s code.
        </Step>
      </ol>
      <p className="s14 other">
        <button type="button" className="linkish" onClick={onBack}>
          Back to sign in
        </button>
      </p>
    </AuthFrame>
  );
}

import type { LucideIcon } from "lucide-react";

/** An icon of the set. Always decoration: what it stands for is said in words or in its button's label. */
export function Icon({ of: Glyph, size = 20, className = "" }: { of: LucideIcon; size?: number; className?: string }) {
  return <Glyph className={`ic ${className}`} size={size} strokeWidth={1.75} aria-hidden="true" focusable="false" />;
}

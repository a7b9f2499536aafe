// The style sheet's colours as the map can read them, in the theme that is on.

export type Palette = (token: string) => string;

/** Reads tokens by their names: `palette()("--seq-1")`. Made anew for each style, because the theme may have turned. */
export function palette(): Palette {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const known = new Map<string, string>();
  queueMicrotask(() => probe.remove());
  return (token) => {
    const kept = known.get(token);
    if (kept !== undefined) return kept;
    probe.style.color = `var(${token})`;
    const colour = getComputedStyle(probe).color;
    known.set(token, colour);
    return colour;
  };
}

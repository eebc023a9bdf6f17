/** Things listed in one error; enough to see what they have in common. */
const most = 40;

/** "a; b; c", at most 40 of them, then how many more there are. */
export function listed(things: readonly string[]): string {
  const more = things.length > most ? `; and ${things.length - most} more` : "";
  return `${things.slice(0, most).join("; ")}${more}`;
}

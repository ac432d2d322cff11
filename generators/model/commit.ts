/** What a commit puts at a path: an object that git has (a part taken over by its tree id), new bytes, or nothing. */
export type Write =
  | { readonly path: string; readonly mode: string; readonly id: string }
  | { readonly path: string; readonly bytes: string | Buffer }
  | { readonly path: string; readonly deleted: true };

export interface NewCommit {
  readonly message: string;
  readonly writes: readonly Write[];
  /** Who wanted it. @default Slipway, which writes it */
  readonly author?: Person | undefined;
}

export interface Person {
  readonly name: string;
  readonly email: string;
}

/** At most so many commits that do the same: where there are more, neighbours share one. */
export function grouped(commits: readonly NewCommit[], most: number): readonly NewCommit[] {
  const size = Math.ceil(commits.length / most);
  if (size <= 1) return commits;
  return Array.from({ length: Math.ceil(commits.length / size) }, (_, index) => {
    const [first, ...others] = commits.slice(index * size, (index + 1) * size) as [NewCommit, ...NewCommit[]];
    if (others.length === 0) return first;
    const all = [first, ...others];
    const subject = `${first.message.split('\n', 1)[0]}, and ${others.length} more`;
    return {
      message: `${subject}\n\n${all.map(({ message }) => message).join('\n')}`,
      writes: all.flatMap(({ writes }) => writes),
    };
  });
}

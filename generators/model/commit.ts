/** What a commit puts at a path: an object that git has (a part taken over by its tree id), new bytes, or nothing. */
export type Write =
  | { readonly path: string; readonly mode: string; readonly id: string }
  | { readonly path: string; readonly bytes: string | Buffer }
  | { readonly path: string; readonly deleted: true };

export interface NewCommit {
  readonly message: string;
  readonly writes: readonly Write[];
}

/** What a failed push or fetch means for whoever tried it. */
export type Meaning =
  /** Somebody else moved the branch first: fetch, decide anew, try again. */
  | 'moved on'
  /** The connection or the server broke: it may have happened or not, so look, and try again. */
  | 'broken'
  /** The server says no, and will say so again. */
  | 'refused'
  | 'unknown';

/**
 * What git, GitLab and GitHub really say, from their sources and from reports. The first that is found counts.
 * git: `builtin/receive-pack.c`, `refs/files-backend.c`, `remote-curl.c`, `sideband.c`; GitLab:
 * `lib/gitlab/git_access.rb`; GitHub: https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository
 */
const answers: readonly (readonly [said: RegExp, meaning: Meaning])[] = [
  [/pre-receive hook declined|protected branch hook declined|hook declined/, 'refused'],
  [/You are not allowed to (force )?push code|GH006: Protected branch update failed|denied to/i, 'refused'],
  [
    /Authentication failed|Permission (to .* )?denied|returned error: 40[134]|could not read (Username|Password)/,
    'refused',
  ],

  [/\(stale info\)/, 'moved on'],
  [/\((non-fast-forward|fetch first)\)/, 'moved on'],
  [/cannot lock ref|incorrect old value provided|reference already exists|failed to update ref/, 'moved on'],

  [/remote end hung up unexpectedly|unexpected disconnect while reading sideband packet|early EOF/, 'broken'],
  [/RPC failed|returned error: (5\d\d|429)|Internal API unreachable|Internal server error/i, 'broken'],
  [
    /Connection (reset|closed|timed out)|Operation timed out|Could not resolve host|TLS connection was non-properly/,
    'broken',
  ],
];

/** Reads what git wrote to its standard error. */
export const meaningOf = (stderr: string): Meaning => answers.find(([said]) => said.test(stderr))?.[1] ?? 'unknown';

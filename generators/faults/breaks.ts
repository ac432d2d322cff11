/** A deliberate break of the program: if the named task does not fail with it, the task has no teeth. */
export interface Break {
  readonly name: string;
  /** Below `generators/`. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
  readonly caughtBy: 'kill' | 'storm' | 'permutations' | 'reverts';
  /** How many trials it takes, where the short form has too few. */
  readonly count?: number;
}

/** Whoever changes the code that one of these finds brings the list up to date. */
export const breaks: readonly Break[] = [
  {
    name: 'a push overwrites whatever is there',
    file: 'git/push.ts',
    find: "    ...leases,\n    'origin',",
    replace: "    '--force',\n    'origin',",
    caughtBy: 'storm',
  },
  {
    name: 'a push that lost the race counts as done',
    file: 'git/push.ts',
    find: ".some((message) => stderr.includes(message))) return 'stale';",
    replace: ".some((message) => stderr.includes(message))) return 'moved';",
    caughtBy: 'storm',
  },
  {
    name: 'nobody reads back after a lost reply',
    file: 'git/push.ts',
    find: '    await mirror.fetch();\n    if (moves.every(({ ref, to }) => mirror.refs.get(ref) === to)) return',
    replace: '    if (moves.length === 0) return',
    caughtBy: 'kill',
  },
  {
    name: 'the read-back believes without looking',
    file: 'git/push.ts',
    find: 'if (moves.every(({ ref, to }) => mirror.refs.get(ref) === to)) return',
    replace: 'if (moves.every(({ ref, to }) => ref !== to)) return',
    caughtBy: 'kill',
  },
  {
    name: 'a run that lost a race decides anew from what it saw before',
    file: 'commands/context.ts',
    find: '    await mirror.fetch();\n',
    replace: '',
    caughtBy: 'storm',
  },
  {
    name: 'a late pipeline is not seen to be late',
    file: 'git/dry.ts',
    find: ".includes(dry))\n        return { is: 'superseded', by: drySha };",
    replace: ".includes('late'))\n        return { is: 'superseded', by: drySha };",
    caughtBy: 'permutations',
  },
  {
    name: 'the ancestry is asked the wrong way round',
    file: 'git/dry.ts',
    find: "(await git.lines(['rev-list', '--first-parent', drySha])).includes(dry)",
    replace: "(await git.lines(['rev-list', '--first-parent', dry])).includes(drySha)",
    caughtBy: 'permutations',
  },
  {
    name: 'a commit of a merged branch counts as one of main',
    file: 'git/dry.ts',
    find: "await git.lines(['rev-list', '--first-parent', mainTip])",
    replace: "await git.lines(['rev-list', mainTip])",
    caughtBy: 'permutations',
  },
  {
    name: 'a commit that is published is published again',
    file: 'git/dry.ts',
    find: "if (drySha === dry) return { is: 'same', published: one };",
    replace: '',
    caughtBy: 'permutations',
  },
  {
    name: 'a publish without news leaves the environments to themselves',
    file: 'commands/publish.ts',
    find: '    const environments = await untilSettled(mirror, () =>\n      advance(context, mirror, appended.tip, request.dryRun ?? false),\n    );',
    replace:
      "    const environments = appended.result.outcome === 'unchanged' ? [] : await untilSettled(mirror, () =>\n      advance(context, mirror, appended.tip, request.dryRun ?? false),\n    );",
    caughtBy: 'kill',
  },
  {
    name: 'a git that fails while it looks for what was published means that nothing was',
    file: 'git/git.ts',
    find: 'if (error instanceof GitError && error.status === 1) return undefined;',
    replace: 'if (error instanceof GitError) return undefined;',
    caughtBy: 'kill',
  },
  {
    name: 'a commit is written without its parent',
    file: 'git/write.ts',
    find: 'if (index === 0 && parent !== undefined)',
    replace: 'if (index < 0 && parent !== undefined)',
    caughtBy: 'permutations',
  },
  {
    name: 'an app that was taken out stays',
    file: 'model/publication.ts',
    find: '|| manifests.length === 0) continue;',
    replace: '|| manifests.length >= 0) continue;',
    caughtBy: 'permutations',
  },
  {
    name: 'the metadata of every part is rewritten by every publish',
    file: 'model/publication.ts',
    find: '    if (partWrites.length === 0) continue;\n',
    replace: '',
    caughtBy: 'reverts',
    count: 20,
  },
  {
    name: 'what a merge pulled in was never seen',
    file: 'git/history.ts',
    find: "const lines = await git.lines(['rev-list', '--topo-order',",
    replace: "const lines = await git.lines(['rev-list', '--first-parent',",
    caughtBy: 'reverts',
    count: 20,
  },
  {
    name: 'a hold is the last change going backwards',
    file: 'model/state.ts',
    find: '  for (const part of seen) {',
    replace: '  for (const part of [...seen].slice(0, 1)) {',
    caughtBy: 'reverts',
    count: 20,
  },
  {
    name: 'a held app moves',
    file: 'model/state.ts',
    find: "return { is: latest ? 'held' : 'older', ...hold };",
    replace: "return { is: 'older', ...hold };",
    caughtBy: 'reverts',
    count: 20,
  },
  {
    name: 'a hand edit is overwritten',
    file: 'model/state.ts',
    find: "if (here === undefined) return { is: 'edited' };",
    replace: "if (here === undefined) return { is: 'older' };",
    caughtBy: 'reverts',
    count: 20,
  },
  {
    name: 'a folder that was deleted counts as a new app',
    file: 'model/state.ts',
    find: 'at !== undefined && at > here &&',
    replace: 'at !== undefined && here >= 0 && at > here &&',
    caughtBy: 'reverts',
    count: 20,
  },
  {
    name: 'a promotion takes the newest part, not what the source vouches for',
    file: 'model/promotion.ts',
    find: '  return offered(timeline, newest, rendered, part);',
    replace: '  return offered(timeline, rendered.commits.length - 1, rendered, part);',
    caughtBy: 'reverts',
    count: 20,
  },
  {
    name: 'what only a later environment sees waits for a change of its source',
    file: 'model/timeline.ts',
    find: 'return (this.#entries[found + 1]?.index ?? length) - 1;',
    replace: 'return length > 0 ? this.#entries[found]?.index : undefined;',
    caughtBy: 'reverts',
    count: 20,
  },
  {
    name: 'a request is opened by the run that moved its branch, or never',
    file: 'commands/proposal.ts',
    find: '  if (!found) return',
    replace: "  if (!found && same) return { outcome: 'unchanged' };\n  if (!found) return",
    caughtBy: 'kill',
  },
];

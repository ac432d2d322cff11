import type { Alteration } from './alteration.ts';

/** What a publish or promotion after people went back must not get away with. */
export const reverts: readonly Alteration[] = [
  {
    name: 'the metadata of every part is rewritten by every publish',
    file: 'model/publication.ts',
    find: '    if (stale.length === 0 && fresh.length === 0) return;\n',
    replace: '',
  },
  {
    name: 'what a merge pulled in was never seen',
    file: 'git/history.ts',
    find: 'walk(git, [tip])',
    replace: "walk(git, ['--first-parent', tip])",
  },
  {
    name: 'a hold is the last change going backwards',
    file: 'model/state.ts',
    find: '  for (const part of seen) {',
    replace: '  for (const part of [...seen].slice(0, 1)) {',
  },
  {
    name: 'a held app moves',
    file: 'model/state.ts',
    find: "return { is: latest ? 'held' : 'older', ...hold };",
    replace: "return { is: 'older', ...hold };",
  },
  {
    name: 'a hand edit is overwritten',
    file: 'model/state.ts',
    find: "if (here === undefined) return { is: 'edited' };",
    replace: "if (here === undefined) return { is: 'older' };",
  },
  {
    name: 'what is not what stood before is no reason to look at the history',
    file: 'model/promotion.ts',
    find: '    if (there?.id !== previous?.id || there?.mode !== previous?.mode) return undefined;\n',
    replace: '',
  },
  {
    name: 'a hold is looked for in the tips alone',
    file: 'commands/advance.ts',
    find: '  await mirror.deepen();\n',
    replace: '',
  },
  {
    name: 'a folder that was deleted counts as a new app',
    file: 'model/state.ts',
    find: 'at !== undefined && at > here &&',
    replace: 'at !== undefined && here >= 0 && at > here &&',
  },
  {
    name: 'a promotion takes the newest part, not what the source vouches for',
    file: 'model/promotion.ts',
    find: '  return offered(timeline, newest, rendered, part);',
    replace: '  return offered(timeline, rendered.commits.length - 1, rendered, part);',
  },
  {
    name: 'what only a later environment sees waits for a change of its source',
    file: 'model/timeline.ts',
    find: 'return (this.#entries[found + 1]?.index ?? length) - 1;',
    replace: 'return length > 0 ? this.#entries[found]?.index : undefined;',
  },
];

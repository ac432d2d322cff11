import type { Alteration } from './alteration.ts';

/** What a command that was killed, cut off or refused must not get away with. */
export const kill: readonly Alteration[] = [
  {
    name: 'nobody reads back after a lost reply',
    file: 'git/push.ts',
    find: "      await mirror.fetch();\n      if (await happened(mirror, moves)) return 'moved';\n",
    replace: '',
  },
  {
    name: 'the read-back believes without looking',
    file: 'git/push.ts',
    find: "if (await happened(mirror, moves)) return 'moved';",
    replace: "if (moves.length > 0) return 'moved';",
  },
  {
    name: 'a push whose answer was lost, and whose branch went on, is called refused',
    file: 'git/push.ts',
    find: '  await mirror.deepen();\n',
    replace: '  if (moves.length > 0) return false;\n',
  },
  {
    name: 'a bundle is written where others read it',
    file: 'commands/render.ts',
    find: 'writeFile(unfinished, formatBundle(bundle));\n    await rename(unfinished, file);',
    replace: 'writeFile(file, formatBundle(bundle));',
  },
  {
    name: 'a publish without news leaves the environments to themselves',
    file: 'commands/publish.ts',
    find: '      untilSettled(mirror, () => advance(context, mirror, newest(), dryRun)),',
    replace:
      "      appended.result.outcome === 'unchanged' ? Promise.resolve([]) : untilSettled(mirror, () => advance(context, mirror, newest(), dryRun)),",
  },
  {
    name: 'a git that fails while it looks for what was published means that nothing was',
    file: 'git/git.ts',
    find: 'if (error instanceof GitError && error.status === 1) return undefined;',
    replace: 'if (error instanceof GitError) return undefined;',
  },
  {
    name: 'a request is opened by the run that moved its branch, or never',
    file: 'commands/proposal.ts',
    find: '  if (!found) {\n',
    replace: "  if (!found && isSame) return { outcome: 'unchanged' };\n  if (!found) {\n",
  },
];

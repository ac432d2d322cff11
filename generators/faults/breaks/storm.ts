import type { Alteration } from './alteration.ts';

/** What publishers that run at once must not get away with. */
export const storm: readonly Alteration[] = [
  {
    name: 'a push overwrites whatever is there',
    file: 'git/push.ts',
    find: "    ...leases,\n    'origin',",
    replace: "    '--force',\n    'origin',",
  },
  {
    name: 'a push that lost the race counts as done',
    file: 'git/push.ts',
    find: "if (meaning === 'moved on') return 'stale';",
    replace: "if (meaning === 'moved on') return 'moved';",
  },
  {
    name: 'a run that lost a race decides anew from what it saw before',
    file: 'commands/context.ts',
    find: '    await mirror.fetch();\n',
    replace: '',
  },
];

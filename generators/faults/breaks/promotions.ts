import type { Alteration } from './alteration.ts';

/** What promotions must not get away with, whatever people, forges, gates and others do meanwhile. */
export const promotions: readonly Alteration[] = [
  {
    name: 'a promotion ignores holds',
    file: 'model/state.ts',
    find: "return { is: latest ? 'held' : 'older', ...hold };",
    replace: "return { is: 'older', ...hold };",
  },
  {
    name: 'a hold is looked for along first parents alone',
    file: 'git/history.ts',
    find: "const lines = await git.lines(['rev-list', '--topo-order',",
    replace: "const lines = await git.lines(['rev-list', '--first-parent',",
    count: 24,
  },
  {
    name: 'edited apps are overwritten',
    file: 'model/state.ts',
    find: "if (here === undefined) return { is: 'edited' };",
    replace: "if (here === undefined) return { is: 'older' };",
  },
  {
    name: 'every environment is offered what was published last',
    file: 'model/promotion.ts',
    find: '  return offered(timeline, newest, rendered, part);',
    replace: '  return offered(timeline, rendered.commits.length - 1, rendered, part);',
  },
  {
    name: 'a proposal is added to what was proposed before',
    file: 'commands/proposal.ts',
    find: 'await writeCommits(mirror.git, target.tip, commits, context.now())',
    replace: 'await writeCommits(mirror.git, there ?? target.tip, commits, context.now())',
  },
  {
    name: 'a proposal is left as it was while its environment moved on',
    file: 'commands/proposal.ts',
    find: 'const same = there !== undefined && (await sameProposal(mirror, there, tip, target.tip));',
    replace:
      "const said = (at: string) => mirror.git.text(['log', '--format=%s', '-1', at]);\n  const same = there !== undefined && (await said(there)) === (await said(tip));",
    count: 20,
  },
  {
    name: 'a proposal overwrites whatever was pushed meanwhile',
    file: 'git/push.ts',
    find: "    ...leases,\n    'origin',",
    replace: "    '--force',\n    'origin',",
    count: 24,
  },
  {
    name: 'what a gate says is not listened to',
    file: 'commands/gates.ts',
    find: "answer.is === 'yes' ? {",
    replace: "answer.is !== 'unknown' ? {",
  },
  {
    name: 'a request that has become pointless stays open',
    file: 'commands/proposal.ts',
    find: "    if (!open) return { outcome: 'nothing' };\n",
    replace: "    if (!open || !dryRun) return { outcome: 'nothing' };\n",
  },
  {
    name: 'a repeated publish takes a folder that was deleted for a new app',
    file: 'commands/advance.ts',
    find: 'if (certain && (parent || from === undefined || certain.length === 0)) return certain;',
    replace: 'if (certain) return certain;',
    count: 24,
  },
];

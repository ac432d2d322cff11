import type { Alteration } from './alteration.ts';

/** What late, repeated and out-of-order pipelines, and those from bundles, must not get away with. */
export const permutations: readonly Alteration[] = [
  {
    name: 'a late pipeline is not seen to be late',
    file: 'git/dry.ts',
    find: 'if (known ? here > there : await isBefore(git, dry, drySha))',
    replace: "if (dry === 'late')",
  },
  {
    name: 'the ancestry is asked the wrong way round',
    file: 'git/dry.ts',
    find: 'if (known ? here > there : await isBefore(git, dry, drySha))',
    replace: 'if (known ? here < there : await isBefore(git, drySha, dry))',
  },
  {
    name: 'a commit of a merged branch counts as one of main',
    file: 'git/dry.ts',
    find: "await git.lines(['rev-list', '--first-parent', mainTip])",
    replace: "await git.lines(['rev-list', mainTip])",
  },
  {
    name: 'a commit that is published is published again',
    file: 'git/dry.ts',
    find: "if (drySha === dry) return { is: 'same', published: one };",
    replace: '',
  },
  {
    name: 'a commit is written without its parent',
    file: 'git/write.ts',
    find: 'if (index === 0 && parent !== undefined)',
    replace: 'if (index < 0 && parent !== undefined)',
  },
  {
    name: 'an app that was taken out stays',
    file: 'model/publication.ts',
    find: 'if ((apps.has(app) && !moved) || entry.mode !== mode.folder) continue;',
    replace: 'if ((apps.has(app) && !moved) || entry.mode !== mode.file) continue;',
  },
  {
    name: 'what somebody else put into rendered is published over',
    file: 'git/present.ts',
    find: '  if (!trusting) refuseForeign(tip, published, root);\n',
    replace: '',
  },
  {
    name: 'a late publish moves on to what somebody else put into rendered',
    file: 'git/present.ts',
    find: '  refuseForeign(tip, published, root);\n  return published;',
    replace: '  return published;',
    count: 24,
  },
  {
    name: 'a key that was written by hand is believed',
    file: 'commands/append.ts',
    find: "  if (published && before) checkKeys(published, await sourcesAt(git, before), tip ?? '');\n",
    replace: '',
    count: 24,
  },
  {
    name: 'what a bundle takes over is not held against the commit',
    file: 'commands/append.ts',
    find: '  checkClaims(bundle, sources, builds, adopted.published);\n',
    replace: '',
  },
  {
    name: "a key leaves out the app's own folder",
    file: 'model/key.ts',
    find: 'digest([way, app, own, ...shared,',
    replace: 'digest([way, app, ...shared,',
  },
  {
    name: 'a key leaves out the generators',
    file: 'git/sources.ts',
    find: "renderedFrom.map((name) => root.get(name)?.id ?? '')",
    replace: "renderedFrom.map((name) => (name !== 'generators' && root.get(name)?.id) || '')",
  },
  {
    name: 'a key leaves out the clusters',
    file: 'git/sources.ts',
    find: "renderedFrom.map((name) => root.get(name)?.id ?? '')",
    replace: "renderedFrom.map((name) => (name !== 'clusters' && root.get(name)?.id) || '')",
  },
  {
    name: 'nothing changed, as long as every old app is the same',
    file: 'commands/bundle.ts',
    find: '  newest.source === sourceKey(sources) &&\n',
    replace: '',
    count: 48,
  },
  {
    name: 'the base of a bundle is taken for the tip',
    file: 'commands/append.ts',
    find: 'const moved = taken.length > 0 && base !== tip;',
    replace: 'const moved = taken.length > 0 && base === undefined;',
  },
  {
    name: 'what moved since the base stays as it is',
    file: 'commands/adopt.ts',
    find: 'taken.filter((app) => there.get(app)?.id !== present.folders.get(environment)?.get(app)?.id)',
    replace: 'taken.filter((app) => present.folders.get(environment)?.get(app) === undefined)',
    count: 60,
  },
  {
    name: 'what comes from an older base keeps its old provenance',
    file: 'model/publication.ts',
    find: '() => ({ ...part.metadata, drySha })',
    replace: '() => part.metadata',
    count: 60,
  },
  {
    name: 'the key of an app that was kept is recorded',
    file: 'model/publication.ts',
    find: '[...new Set([...bundle.parts.map(({ app }) => app), ...taken])]',
    replace: '[...new Set([...bundle.parts.map(({ app }) => app), ...taken, ...failed])]',
  },
];

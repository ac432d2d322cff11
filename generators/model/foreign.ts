import { mode } from './mode.ts';
import type { Step } from './promotion.ts';
import type { Entry, EnvironmentHistory, Timeline } from './timeline.ts';

/** Something at the root of an environment branch that no publish wrote. Nothing of Slipway touches it. */
export interface Foreign {
  readonly environment: string;
  readonly name: string;
  readonly is: 'file' | 'folder' | 'link' | 'submodule' | 'pipeline';
}

export function kindOf(entry: Entry): 'file' | 'folder' | 'link' | 'submodule' {
  if (entry.mode === mode.folder) return 'folder';
  if (entry.mode === mode.link) return 'link';
  return entry.mode === mode.submodule ? 'submodule' : 'file';
}

/**
 * What stands on an environment branch and is neither an app that was ever published for it nor its own pipeline file.
 * @param steps the plan of this environment: one for every name that was ever published
 */
export function foreignIn(
  environment: string,
  { entries }: Pick<EnvironmentHistory, 'entries'>,
  steps: readonly Step[],
  pipelineFile: string,
): Foreign[] {
  const known = new Set(steps.map(({ name }) => name));
  const others = [...entries].flatMap(([name, entry]): Foreign[] =>
    known.has(name) ? [] : [{ environment, name, is: kindOf(entry) }],
  );
  const edited = steps.some(({ name, state }) => name === pipelineFile && state.is === 'edited');
  return [...others, ...(edited ? [{ environment, name: pipelineFile, is: 'pipeline' } as const] : [])];
}

/** What a person should know of each. */
export const meaningOf: Readonly<Record<Foreign['is'], string>> = {
  file: 'a file that people keep here: it is left alone',
  folder: 'a folder that is no app of rendered: it is left alone, and Argo CD syncs an application.yaml in it',
  link: 'a symbolic link: one that leads out of the branch stops Argo CD for all of it; take it out',
  submodule: 'a submodule: Argo CD fetches it with every sync; take it out',
  pipeline: 'the pipeline file was changed by hand: it is frozen until the edit is reverted',
};

/** The newest part of ours that ever stood somewhere; undefined when none did. */
export function newestOwn(timeline: Timeline | undefined, seen: ReadonlySet<string>): string | undefined {
  const placed = [...seen].flatMap((part) => {
    const place = timeline?.place(part);
    return place === undefined ? [] : [{ part, place }];
  });
  return placed.sort((a, b) => b.place - a.place)[0]?.part;
}

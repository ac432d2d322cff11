import type { Course } from './course.ts';
import { pipelineFile } from './names.ts';
import type { ObjectId, Rendered } from './timeline.ts';

/** What stands somewhere: a part by each app. */
export type Vector = ReadonlyMap<string, ObjectId>;

/**
 * What stood in an environment when its branch itself was at some place.
 * @param isThen of a commit of the branch: whether it had been made then
 */
export function vectorThen(
  { timelines }: Rendered,
  environment: string,
  course: Course,
  isThen: (at: { readonly commit: ObjectId; readonly time: number }) => boolean,
): Vector {
  // By its place: a clock may have gone wrong on the way, and the branch did not.
  const first = course.standings.findIndex(isThen);
  const found = new Map<string, ObjectId | undefined>();
  for (const { name, part } of first < 0 ? [] : course.standings.slice(first))
    if (!found.has(name) && timelines.has(`${environment}/${name}`)) found.set(name, part);
  found.delete(pipelineFile);
  return new Map([...found].flatMap(([name, part]) => (part === undefined ? [] : [[name, part]])));
}

/** What a commit of `rendered` holds for an environment. @param place of the commit; 0 is the root */
export function vectorOf({ timelines }: Rendered, environment: string, place: number): Vector {
  const start = `${environment}/`;
  return new Map(
    [...timelines].flatMap(([path, timeline]) => {
      const part = path.startsWith(start) && path !== start + pipelineFile ? timeline.at(place) : undefined;
      return part === undefined ? [] : [[path.slice(start.length), part] as const];
    }),
  );
}

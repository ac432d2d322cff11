import { type Example, examplesIn, type Subject } from './example.ts';
import type { Finding } from './finding.ts';

/** What stands there instead, and where a person learns it. */
const yours: Readonly<Record<Subject, string>> = {
  repository: 'the address of your project, and of its registry',
  'AWS account': 'the number that aws sts get-caller-identity prints',
  domain: 'a domain that you can delegate, one for each environment',
  addresses: 'the addresses that your people and runners come from',
  'group or application': 'your groups in GitLab, and the ids of the two applications (clusters/README.md, step 2)',
  bucket: "a bucket's name of your own: in all of AWS there is one of each",
  "secret's version": 'the version id that Secrets Manager gave (clusters/README.md, step 2)',
};

/**
 * Which values are still those of the example, by what they say. They are legal, and everything works with them on one
 * machine, so that they are to do, and no fault before there is a cluster: bootstrap refuses them.
 * @param definitions by file, its text
 */
export function examplesOf(definitions: ReadonlyMap<string, string>): Finding[] {
  const left = [...definitions].flatMap(([file, text]) => examplesIn(text).map((one) => ({ file, ...one })));
  if (left.length === 0)
    return [{ name: 'example values', verdict: 'ok', says: 'No definition has a value of the example.' }];
  const bySubject = Map.groupBy(left, ({ subject }) => subject);
  return Object.entries(yours).flatMap(([subject, what]): Finding[] => {
    const places = bySubject.get(subject as Subject) ?? [];
    if (places.length === 0) return [];
    const many = places.length === 1 ? '1 place has' : `${places.length} places have`;
    return [
      {
        name: `example: ${subject}`,
        verdict: 'todo',
        says: `${many} the example's.`,
        places: places.map(placed),
        remedy: `Put there ${what}.`,
      },
    ];
  });
}

const placed = ({ file, line, value }: Example & { readonly file: string }) => `${file}:${line} ${value}`;

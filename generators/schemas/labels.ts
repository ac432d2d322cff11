import { prefix, subdomain } from './names.ts';
import type { Check } from './scalars.ts';
import type { Walk } from './walk.ts';

type Words = Readonly<Record<string, unknown>>;

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const word = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
/** The same with a domain before it, or without. */
const legal =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
const syntax = 'letters, digits, -, _ and ., with a letter or digit at both ends';

/** https://pkg.go.dev/k8s.io/apimachinery/pkg/api/validation#TotalAnnotationSizeLimitB */
const annotationBytes = 256 * 1024;

/** What is wrong with the key of a label or annotation; undefined when nothing is. */
function whyNoKey(key: string): string | undefined {
  // Nearly every key is legal, and no longer than its name alone may be.
  if (key.length <= 63 && legal.test(key)) return undefined;
  const [name = '', domain, ...more] = key.split('/').reverse();
  if (more.length > 0) return 'is no legal key: at most one / may stand in it';
  if (domain !== undefined && (domain.length > 253 || !subdomain.test(domain))) return `is no legal key: ${prefix}`;
  if (name.length > 63) return `is no legal key: its name has ${name.length} characters, expected at most 63`;
  return word.test(name) ? undefined : `is no legal key: expected ${syntax}`;
}

/** Keys and values by which objects are selected. */
function labels(value: unknown, walk: Walk): void {
  for (const [key, label] of Object.entries((value ?? {}) as Words)) {
    const why = whyNoKey(key);
    if (why) walk.wrongAt(key, why);
    if (typeof label !== 'string' || label === '') continue;
    if (label.length > 63) walk.wrongAt(key, `has ${label.length} characters: expected at most 63`);
    else if (!word.test(label)) walk.wrongAt(key, `is ${walk.shown(label)}: expected ${syntax}`);
  }
}

function annotations(value: unknown, walk: Walk): void {
  let size = 0;
  for (const [key, text] of Object.entries((value ?? {}) as Words)) {
    // The prefix of an annotation may be in capitals: https://pkg.go.dev/k8s.io/apimachinery/pkg/api/validation#ValidateAnnotations
    const why = whyNoKey(key.toLowerCase());
    if (why) walk.wrongAt(key, why);
    size += Buffer.byteLength(key) + (typeof text === 'string' ? Buffer.byteLength(text) : 0);
  }
  if (size > annotationBytes) walk.wrong(`have ${size} bytes together: expected at most ${annotationBytes}`);
}

const within =
  (field: string, look: (value: unknown, walk: Walk) => void): Check =>
  (value, walk) => {
    const inner = (value as Words | null)?.[field];
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return;
    walk.keys.push(field);
    look(inner, walk);
    walk.keys.pop();
  };

/** What OpenAPI cannot say: which maps hold labels, by the type that has them. */
export const rules: Readonly<Record<string, Check>> = {
  'meta.v1.ObjectMeta': (value, walk) => {
    within('labels', labels)(value, walk);
    within('annotations', annotations)(value, walk);
  },
  'meta.v1.LabelSelector': within('matchLabels', labels),
  'core.v1.PodSpec': within('nodeSelector', labels),
  'core.v1.ServiceSpec': within('selector', labels),
  'core.v1.ReplicationControllerSpec': within('selector', labels),
};

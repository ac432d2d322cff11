import {
  CORE_SCHEMA,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  EVENT_ALIAS,
  load,
  mapTag,
  parseEvents,
  seqTag,
  YAMLException,
} from 'js-yaml';
import { isMapping } from '../model/mapping.ts';
import { Misuse } from '../model/refusal.ts';
import type { Keys } from './rule.ts';

/** A template of CloudFormation, with functions by their long names: `{ 'Fn::Sub': '${Cluster}' }`. */
export interface Template {
  readonly Parameters?: Readonly<Record<string, { readonly Type?: string; readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

/** What a template makes. */
export interface Resource {
  /** `AWS::S3::Bucket`. */
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** Functions that have a tag: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html */
const functions = [
  ...['Ref', 'Condition', 'Fn::Sub', 'Fn::GetAtt', 'Fn::Join', 'Fn::Select', 'Fn::Split', 'Fn::If', 'Fn::Equals'],
  ...['Fn::And', 'Fn::Or', 'Fn::Not', 'Fn::ImportValue', 'Fn::FindInMap', 'Fn::Base64', 'Fn::Cidr', 'Fn::GetAZs'],
];

const loadOnly = { identify: () => false };

const schema = CORE_SCHEMA.withTags(
  ...functions.flatMap((name) => {
    const tag = name.replace('Fn::', '!').replace(/^(?!!)/, '!');
    return [
      defineScalarTag(tag, {
        ...loadOnly,
        resolve: (text: string) => ({ [name]: name === 'Fn::GetAtt' ? attribute(text) : text }),
      }),
      defineSequenceTag(tag, {
        ...loadOnly,
        create: seqTag.create,
        addItem: seqTag.addItem,
        finalize: (list: unknown[]) => ({ [name]: list }),
      }),
      defineMappingTag(tag, {
        ...loadOnly,
        create: mapTag.create,
        addPair: mapTag.addPair,
        has: mapTag.has,
        keys: () => [],
        get: () => undefined,
        finalize: (map: Record<string, unknown>) => ({ [name]: map }),
      }),
    ];
  }),
);

/** `Zone.NameServers` → `['Zone', 'NameServers']` */
const attribute = (text: string) => [text.slice(0, text.indexOf('.')), text.slice(text.indexOf('.') + 1)];

/**
 * Reads a template.
 * @throws {Misuse} when it is no YAML that CloudFormation reads, or makes nothing
 */
export function templateOf(text: string, file: string): Template {
  let template: unknown;
  try {
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
    if (parseEvents(text, {}).some(({ type }) => type === EVENT_ALIAS))
      throw new Misuse(`${file}: has a YAML alias, which CloudFormation does not read: write out what it stands for.`);
    template = load(text, { schema });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new Misuse(`${file}: is no YAML: ${error.message}`);
  }
  if (!isMapping(template) || !isMapping(template.Resources))
    throw new Misuse(`${file}: has no Resources: expected a template of CloudFormation.`);
  for (const [name, resource] of Object.entries(template.Resources))
    if (!isMapping(resource) || typeof resource.Type !== 'string')
      throw new Misuse(`${file}: Resources.${name} has no Type: expected one such as AWS::S3::Bucket.`);
  return template as unknown as Template;
}

/** A name that a function of a template uses, and where. */
export interface Reference {
  /** `Key`, or `AWS::Region`. */
  readonly name: string;
  readonly keys: Keys;
  /** Whether an attribute of it is meant. */
  readonly attribute: boolean;
}

/** Every name that functions use: `!Ref`, `!GetAtt`, and what stands in `!Sub`. */
export function referencesIn(value: unknown, keys: Keys = []): Reference[] {
  if (Array.isArray(value)) return value.flatMap((inner, index) => referencesIn(inner, [...keys, index]));
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = [...keys, key];
    if (key === 'Ref' && typeof inner === 'string') return [{ name: inner, keys, attribute: false }];
    if (key === 'Fn::GetAtt' && Array.isArray(inner)) return [{ name: String(inner[0]), keys, attribute: true }];
    if (key === 'Fn::Sub') return inSub(inner, at);
    return referencesIn(inner, at);
  });
}

function inSub(value: unknown, keys: Keys): Reference[] {
  const [text, own] = Array.isArray(value) ? value : [value, {}];
  const given = isMapping(own) ? own : {};
  const names = [...String(text).matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, name = '']) => name);
  return [
    ...names
      .filter((name) => !Object.hasOwn(given, name))
      .map((name) => ({ name: name.replace(/\..*/, ''), keys, attribute: name.includes('.') })),
    ...referencesIn(given, keys),
  ];
}

/**
 * What a text of a template becomes: `!Sub slipway-cluster-${Cluster}-admin` with the parameters of a stack.
 * @param values parameters, and what AWS gives: `{ Cluster: 'nonprod', 'AWS::AccountId': '000000000000' }`
 * @returns undefined where that is known only when the stack is made
 */
export function textOf(value: unknown, values: Readonly<Record<string, string>>): string | undefined {
  if (typeof value === 'string') return value;
  if (!isMapping(value)) return undefined;
  if (typeof value.Ref === 'string') return values[value.Ref];
  if (Array.isArray(value['Fn::GetAtt'])) return values[value['Fn::GetAtt'].join('.')];
  const text = value['Fn::Sub'];
  if (typeof text !== 'string') return undefined;
  const names = [...text.matchAll(/\$\{([^}]+)\}/g)].map(([, name = '']) => name);
  if (names.some((name) => values[name] === undefined)) return undefined;
  return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => values[name] ?? '');
}

import { astray, ownerOf } from './astray.ts';
import { rules } from './labels.ts';
import { amount, bytes, type Check, counted, dateTime, intOrString, quantity, text, truth } from './scalars.ts';
import type { Schema } from './schema.ts';
import type { Walk } from './walk.ts';

/** No API nests deeper; a schema that contains itself (that of CRDs) could. */
const deepest = 200;

const anything: Check = () => {};

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An empty field of YAML is null, which no server takes for an empty list or object. */
function unlike(value: unknown, walk: Walk, expected: string, empty: string): void {
  walk.unlike(value, value === null ? `${expected}; leave the field out, or write ${empty}` : expected);
}

/**
 * Types as checks. Each is made when it is first met: of the 500 types of Kubernetes a part meets some fifty.
 * @param types every type that a `$ref` can name
 */
export class Checks {
  readonly #types: ReadonlyMap<string, Schema>;
  readonly #made = new Map<string, Check>();

  constructor(types: ReadonlyMap<string, Schema>) {
    this.#types = types;
  }

  /** The check of a named type. @throws {Error} when no catalogue has it */
  of(name: string): Check {
    let made = this.#made.get(name);
    if (!made) {
      const schema = this.#types.get(name);
      if (!schema) throw new Error(`No catalogue has the type ${name}`);
      const own = this.#make(schema, name);
      const rule = rules[name];
      made = rule
        ? (value, walk) => {
            own(value, walk);
            rule(value, walk);
          }
        : own;
      this.#made.set(name, made);
    }
    return made;
  }

  #make(schema: Schema, name?: string): Check {
    const check = this.#notNull(schema, name);
    return schema.nullable
      ? (value, walk) => {
          if (value !== null) check(value, walk);
        }
      : check;
  }

  #notNull(schema: Schema, name?: string): Check {
    const { $ref, type, format } = schema;
    if ($ref !== undefined) {
      let target: Check | undefined;
      return (value, walk) => {
        target ??= this.of($ref);
        target(value, walk);
      };
    }
    if (schema['x-kubernetes-int-or-string']) return intOrString(schema);
    if (format === 'quantity') return quantity;
    if (format === 'date-time') return dateTime;
    if (format === 'byte') return bytes;
    switch (type) {
      case 'string':
        return text(schema);
      case 'boolean':
        return truth;
      case 'integer':
      case 'number':
        return amount(schema);
      case 'array':
        return this.#list(schema);
      case 'object':
        return schema.additionalProperties
          ? this.#map(schema, schema.additionalProperties)
          : this.#fields(schema, name);
      default:
        return anything;
    }
  }

  #list(schema: Schema): Check {
    const each = this.#make(schema.items ?? {});
    const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
    const twice = this.#twice(schema);
    return (value, walk) => {
      if (!Array.isArray(value)) return unlike(value, walk, 'a list', '[]');
      if (value.length < minItems) walk.wrong(`has ${counted(value.length, 'entry')}: expected at least ${minItems}`);
      if (value.length > maxItems) walk.wrong(`has ${counted(value.length, 'entry')}: expected at most ${maxItems}`);
      for (let index = 0; index < value.length; index++) {
        walk.keys.push(index);
        each(value[index], walk);
        walk.keys.pop();
      }
      if (twice && value.length > 1) twice(value, walk);
    };
  }

  /** What may stand in a list only once: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy */
  #twice(schema: Schema): ((values: readonly unknown[], walk: Walk) => void) | undefined {
    const keys = schema['x-kubernetes-list-map-keys'];
    if (!keys && schema['x-kubernetes-list-type'] !== 'set') return undefined;
    const item = this.#resolved(schema.items ?? {});
    const identity = (value: unknown): readonly unknown[] =>
      keys?.map((key) => (value as Fields | null)?.[key] ?? item.properties?.[key]?.default) ?? [value];
    return (values, walk) => {
      const seen = new Map<string, number>();
      for (const [index, value] of values.entries()) {
        const own = identity(value);
        const first = seen.get(JSON.stringify(own));
        if (first === undefined) seen.set(JSON.stringify(own), index);
        else {
          const named = own.map((part, at) => `${keys ? `${keys[at]} ` : ''}${walk.shown(part)}`).join(', ');
          walk.wrongAt(index, `is the second with ${named}: [${first}] has it, too`);
        }
      }
    };
  }

  #resolved(schema: Schema): Schema {
    return schema.$ref === undefined ? schema : this.#resolved(this.#types.get(schema.$ref) ?? {});
  }

  #map(schema: Schema, values: Schema): Check {
    const each = this.#make(values);
    const { minProperties = 0, maxProperties = Number.POSITIVE_INFINITY } = schema;
    return (value, walk) => {
      if (!isObject(value)) return unlike(value, walk, 'a map', '{}');
      const keys = Object.keys(value);
      if (keys.length < minProperties)
        walk.wrong(`has ${counted(keys.length, 'entry')}: expected at least ${minProperties}`);
      if (keys.length > maxProperties)
        walk.wrong(`has ${counted(keys.length, 'entry')}: expected at most ${maxProperties}`);
      for (const key of keys) {
        walk.keys.push(key);
        each(value[key], walk);
        walk.keys.pop();
      }
    };
  }

  #fields(schema: Schema, name?: string): Check {
    const { properties = {}, required = [] } = schema;
    const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
    const checks = new Map<string, Check>();
    return (value, walk) => {
      if (!isObject(value)) return unlike(value, walk, 'an object', '{}');
      if (walk.keys.length > deepest)
        return walk.wrong(`stands ${walk.keys.length} fields deep: expected at most ${deepest}`);
      for (const key of Object.keys(value)) {
        const field = value[key];
        if (field === undefined) continue;
        let check = checks.get(key);
        if (!check) {
          if (Object.hasOwn(properties, key)) {
            check = this.#make(properties[key] as Schema);
            checks.set(key, check);
          } else {
            if (!open) walk.wrongAt(key, astray(this.#types, walk, schema, name, key));
            continue;
          }
        }
        walk.keys.push(key);
        check(field, walk);
        walk.keys.pop();
      }
      for (const key of required) {
        if (value[key] === undefined) walk.wrongAt(key, `is missing: ${ownerOf(name, walk)} needs it`);
      }
    };
  }
}

import { isMapping } from './mapping.ts';
import { instead } from './nearest.ts';
import { Misuse, Refusal } from './refusal.ts';

/** One file of `KUBECONFIG`, as it was read. */
export interface ConfigFile {
  readonly path: string;
  readonly value: unknown;
}

/** Bytes that stand in the kubeconfig itself, in base64, or in a file beside it. */
export type Source = { readonly data: string } | { readonly file: FileOf };

/** A file that a kubeconfig names: a path that is not absolute begins where the kubeconfig stands. */
export interface FileOf {
  readonly path: string;
  readonly from: string;
}

/** A program that says who asks: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
export interface Exec {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly hint: string | undefined;
  /** It is told which cluster is meant. */
  readonly informed: boolean;
  /** Where the kubeconfig stands: a command with a slash begins there. */
  readonly from: string;
}

/** How one API server is reached, and as whom. */
export interface Access {
  /** The context's name, for people. */
  readonly context: string;
  /** `https://host:port`, without a slash at its end. */
  readonly server: string;
  readonly authority: Source | undefined;
  /** The name in the server's certificate, where it is not the host's. */
  readonly serverName: string | undefined;
  /** Whoever answers is believed. */
  readonly insecure: boolean;
  readonly certificate: Source | undefined;
  readonly key: Source | undefined;
  readonly token: string | undefined;
  readonly tokenFile: FileOf | undefined;
  readonly exec: Exec | undefined;
}

/**
 * What some kubeconfigs say together about one context. As in kubectl, the first file that names a cluster, a user, a
 * context or the current context counts.
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
 * @param wanted a context. @default the current one
 * @throws {Misuse} for a context that none of them has
 * @throws {Refusal} for what is no kubeconfig, and for what is not known here
 */
export function accessIn(files: readonly ConfigFile[], wanted?: string): Access {
  for (const { path, value } of files)
    if (!isMapping(value) || (value.kind ?? 'Config') !== 'Config')
      throw new Refusal(`${path} is no kubeconfig: it must be a mapping of kind Config.`);
  const current = wanted ?? textIn(files.map((file) => fieldOf(file, 'current-context')).find(Boolean));
  const paths = files.map(({ path }) => path).join(', ');
  const known = files.flatMap((file) => entriesOf(file, 'contexts').map(({ name }) => String(name)));
  if (current === undefined)
    throw new Misuse(`${paths}: no current-context; name one with --context (${known.join(', ') || 'there is none'}).`);
  const context = entryOf(files, 'contexts', 'context', current);
  if (!context) throw new Misuse(`--context ${current}: ${paths} has none of that name; ${instead(current, known)}`);
  const named = (list: 'clusters' | 'users', field: 'cluster' | 'user') => {
    const name = textOf(context, field, `contexts.${current}`);
    const found = name === undefined ? undefined : entryOf(files, list, field, name);
    if (!found)
      throw new Refusal(`${context.path}: contexts.${current}.${field} is ${name}, and ${list} has no such entry.`);
    return { ...found, at: `${list}.${name}` };
  };
  return { context: current, ...clusterOf(named('clusters', 'cluster')), ...userOf(named('users', 'user')) };
}

/** What stands in a list of a kubeconfig under a name, and in which file. */
interface Entry {
  readonly path: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** For messages: `users.admin`. */
  readonly at: string;
}

function clusterOf(entry: Entry) {
  const { path, value, at } = entry;
  if (value['proxy-url'])
    throw new Refusal(
      `${path}: ${at}.proxy-url is ${JSON.stringify(value['proxy-url'])}, and Slipway speaks to no proxy: run this where the server is reached directly, or use kubectl.`,
    );
  const server = textOf(entry, 'server', at);
  if (server === undefined || !URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol))
    throw new Refusal(`${path}: ${at}.server is ${JSON.stringify(server)}, not an address like https://host:6443.`);
  return {
    server: server.replace(/\/+$/, ''),
    authority: sourceOf(entry, 'certificate-authority'),
    serverName: textOf(entry, 'tls-server-name', at),
    insecure: value['insecure-skip-tls-verify'] === true,
  };
}

function userOf(entry: Entry) {
  const { path, value, at } = entry;
  for (const field of ['auth-provider', 'username', 'password'])
    if (value[field])
      throw new Refusal(`${path}: ${at}.${field} is not known here: use a token, a certificate or an exec plugin.`);
  if (value.as) throw new Refusal(`${path}: ${at}.as is not known here: --as-myself asks as the user itself.`);
  const file = textOf(entry, 'tokenFile', at);
  return {
    certificate: sourceOf(entry, 'client-certificate'),
    key: sourceOf(entry, 'client-key'),
    token: textOf(entry, 'token', at),
    tokenFile: file === undefined ? undefined : { path: file, from: path },
    exec:
      value.exec === undefined ? undefined : execOf({ ...entry, value: mappingAt(entry, 'exec'), at: `${at}.exec` }),
  };
}

function execOf(entry: Entry): Exec {
  const { path, value, at } = entry;
  const [apiVersion = '', command] = ['apiVersion', 'command'].map((field) => textOf(entry, field, at));
  if (!/^client\.authentication\.k8s\.io\/(v1|v1beta1)$/.test(apiVersion))
    throw new Refusal(
      `${path}: ${at}.apiVersion is ${JSON.stringify(apiVersion)}; known are client.authentication.k8s.io/v1 and v1beta1: write the kubeconfig anew (aws eks update-kubeconfig).`,
    );
  if (!command) throw new Refusal(`${path}: ${at}.command is missing.`);
  const args = (Array.isArray(value.args) ? value.args : []).map(String);
  const env = (Array.isArray(value.env) ? value.env : []).filter(isMapping);
  return {
    ...{ apiVersion, command, args, from: path },
    env: Object.fromEntries(env.map((one) => [String(one.name), String(one.value ?? '')])),
    hint: textOf(entry, 'installHint', at),
    informed: value.provideClusterInfo === true,
  };
}

/** `<field>-data` counts before `<field>`. */
function sourceOf(entry: Entry, field: string): Source | undefined {
  const data = textOf(entry, `${field}-data`, entry.at);
  const path = textOf(entry, field, entry.at);
  if (data) return { data };
  return path ? { file: { path, from: entry.path } } : undefined;
}

function entryOf(files: readonly ConfigFile[], list: string, field: string, name: string): Entry | undefined {
  for (const file of files) {
    const found = entriesOf(file, list).find((one) => one.name === name);
    if (found) {
      const entry = { path: file.path, value: found, at: `${list}.${name}` };
      return { ...entry, value: found[field] === undefined ? {} : mappingAt(entry, field) };
    }
  }
  return undefined;
}

function entriesOf(file: ConfigFile, list: string): readonly Readonly<Record<string, unknown>>[] {
  const found = fieldOf(file, list);
  if (found === undefined || found === null) return [];
  if (!Array.isArray(found) || !found.every((one) => isMapping(one) && typeof one.name === 'string'))
    throw new Refusal(`${file.path}: ${list} must be a list of entries with a name.`);
  return found;
}

const fieldOf = ({ value }: ConfigFile, field: string) => (value as Readonly<Record<string, unknown>>)[field];
const textIn = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

function mappingAt({ path, value, at }: Entry, field: string): Readonly<Record<string, unknown>> {
  const found = value[field];
  if (!isMapping(found)) throw new Refusal(`${path}: ${at}.${field} is ${JSON.stringify(found)}, not a mapping.`);
  return found;
}

function textOf({ path, value }: Pick<Entry, 'path' | 'value'>, field: string, at: string): string | undefined {
  const found = value[field];
  if (found === undefined || found === null || found === '') return undefined;
  if (typeof found !== 'string') throw new Refusal(`${path}: ${at}.${field} is ${JSON.stringify(found)}, not a text.`);
  return found;
}

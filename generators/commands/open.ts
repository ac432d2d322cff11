import { type Address, type Cluster, forwardLine, requestAddress } from '../model/address.ts';
import { columns } from '../model/columns.ts';
import { instead } from '../model/nearest.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { visible } from '../model/words.ts';
import { addresses, forgeAddress } from './addresses.ts';
import type { Context } from './context.ts';
import { openAt, opener } from './desktop.ts';
import type { Asked } from './main.ts';
import { contextNamed, portForward } from './port-forward.ts';
import { contextOf, worldDir, worldIn } from './surroundings.ts';
import { terminal } from './terminal.ts';

/** What is looked for. */
export interface OpenRequest {
  /** An app, `forge`, or the number of a merge request (`!12`). @default everything */
  readonly name?: string | undefined;
  /** @default all */
  readonly environment?: string | undefined;
}

/** Where people read the repository. */
export interface Pages {
  readonly home: string;
  /** What the pages of its requests begin with. */
  readonly project: string;
}

/**
 * Where something answers.
 * @param forge undefined where the remote has no pages
 * @throws {Misuse} for an app or environment that there is not
 * @throws {Refusal} where the forge has no pages
 */
export function found(
  all: readonly Address[],
  forge: Pages | undefined,
  { name, environment }: OpenRequest,
): Address[] {
  const request = requestIn(name);
  if (request !== undefined && !/^[1-9]\d{0,8}$/.test(request))
    throw new Misuse(`${name} is no merge request: they count from 1.`);
  if (name === 'forge' || request !== undefined) {
    if (forge === undefined)
      throw new Refusal(
        'The remote is a folder, and no forge has pages of it: name one with --remote, or see npx slipway status.',
      );
    const url = request === undefined ? forge.home : requestAddress(forge.project, Number(request));
    return [{ name: request === undefined ? 'forge' : `!${request}`, url }];
  }
  const environments = [...new Set(all.map((one) => one.environment ?? ''))];
  const named = name === undefined ? all : all.filter((one) => one.name === name);
  if (name !== undefined && named.length === 0)
    throw new Misuse(`${name} answers nowhere; ${instead(name, ['forge', ...new Set(all.map((one) => one.name))])}`);
  const here = named.filter((one) => (environment ?? one.environment) === one.environment);
  if (here.length === 0)
    throw new Misuse(
      name === undefined || !named.length
        ? `--env ${environment}: nothing answers there; ${instead(environment ?? '', environments)}`
        : `--env ${environment}: ${name} does not answer there, but in ${[...new Set(named.map((one) => one.environment))].join(', ')}.`,
    );
  const own = name === undefined && environment === undefined && forge !== undefined;
  return own ? [...here, { name: 'forge', url: forge.home }] : here;
}

/** The number of a merge request: `!12`, `12`. */
const requestIn = (name: string | undefined): string | undefined => /^!?(\d+)$/.exec(name ?? '')?.[1];

/** A line each, for a terminal. */
export const describe = (all: readonly Address[], setting: Parameters<typeof columns>[1] = {}): string[] =>
  columns(
    all.map(({ name, environment, url, forward }) => [
      visible(environment === undefined ? name : `${environment}/${name}`),
      url,
      ...(forward
        ? [{ text: visible(`while npx slipway open ${name} --env ${environment} runs`), colour: 'dim' as const }]
        : []),
    ]),
    { ...setting, shape: [{}, {}, { least: 8 }] },
  );

/** `open`: an address, and a browser there where this machine has a desktop. */
export async function run({ values, words: [name] }: Asked): Promise<void> {
  const context = await contextOf(values);
  const isLocal = values.remote === 'local';
  const world = isLocal ? await worldIn(worldDir(context.checkout)) : undefined;
  const environment = values.env as string | undefined;
  const isForge = name === 'forge' || requestIn(name) !== undefined;
  // The forge is known without a look at any branch.
  const all = isForge ? [] : (await addresses(context)).filter(answersIn(context, world?.environments));
  const forge = world ? boardOf(world) : await pagesOf(context);
  const here = found(all, forge, { name, environment });
  if (values.json) return console.log(JSON.stringify({ version: 1, addresses: here }, null, 2));
  const [first, ...others] = here;
  if (name === undefined || !first) {
    for (const line of describe(here, terminal())) console.log(line);
    return;
  }
  const places = [...new Set(here.map((one) => one.environment))];
  if (places.length > 1)
    throw new Misuse(
      `${name} answers in ${places.join(', ')}: say which with --env, for example npx slipway open ${name} --env ${places.at(-1)}`,
    );
  const { url, forward } = first;
  const cluster = values as Cluster;
  if (values.print) {
    for (const one of here) console.log(one.url);
    if (forward) context.say(`It answers while this runs: ${forwardLine(forward, cluster)}`);
    return;
  }
  if (!forward) {
    await show(context, url);
    // One of several hosts opens; the others are the same app.
    for (const one of others) console.log(one.url);
    return;
  }
  context.say(`context ${await contextNamed(cluster)}: ${forwardLine(forward, cluster)}`);
  await portForward(forward, { cluster, said: context.say }, async () => {
    await show(context, url);
    context.say('Ctrl-C ends it.');
  });
}

/** In a local world an app that has no Ingress cannot be reached, and what belongs to a cluster does not run. */
const answersIn =
  ({ reach }: Context, environments: readonly string[] | undefined) =>
  ({ environment = '', forward }: Address): boolean =>
    !reach || (!forward && (environments?.includes(environment) ?? true));

const boardOf = ({ control, project }: { readonly control: string; readonly project: string }): Pages => ({
  home: `${control}/`,
  project: `${control}/${project}`,
});

async function pagesOf({ checkout, remote }: Context): Promise<Pages | undefined> {
  const project = await forgeAddress(checkout, remote, process.env);
  return project === undefined ? undefined : { home: project, project };
}

async function show({ say }: Context, url: string): Promise<void> {
  console.log(url);
  const program = opener(process.platform, process.env);
  if (program !== undefined && !(await openAt(program, url))) say(`${program} did not open it.`);
}

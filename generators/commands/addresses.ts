import type { Git } from '../git/git.ts';
import { entriesOf, foldersIn } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import { type Address, addressesIn, isAddressFile, webAddressOf } from '../model/address.ts';
import { environmentBranch, head } from '../model/names.ts';
import { blobOf } from './changed-files.ts';
import type { Context } from './context.ts';
import { manifestOf } from './objects-between.ts';

/** Where everything answers that the environment branches say, in path order; one git for all of them. */
export async function addresses(context: Context): Promise<Address[]> {
  const mirror = await openMirror(context.checkout, context.remote, { depth: 'tips' });
  try {
    const { environments } = await readNewest(mirror);
    const parts = await Promise.all(environments.map(async ({ name }) => partsOf(mirror, name)));
    return (await read(mirror, parts.flat())).map((address) => reached(context, address));
  } finally {
    await mirror.close();
  }
}

interface Standing {
  readonly environment: string;
  readonly app: string;
  readonly part: string;
}

async function partsOf({ git, refs }: Mirror, environment: string): Promise<Standing[]> {
  const tip = refs.get(head(environmentBranch(environment)));
  const folders = tip === undefined ? new Map<string, string>() : foldersIn(await entriesOf(git, tip));
  return [...folders].map(([app, part]) => ({ environment, app, part }));
}

async function read(mirror: Mirror, parts: readonly Standing[]): Promise<Address[]> {
  const trees = await mirror.trees(parts.map(({ part }) => part));
  const files = parts.map(({ part }) =>
    [...(trees.get(part) ?? [])].flatMap(([name, entry]) => {
      const id = isAddressFile(name) ? blobOf(entry) : undefined;
      return id === undefined ? [] : [{ name, id }];
    }),
  );
  const texts = await mirror.blobs(files.flat().map(({ id }) => id));
  return parts.flatMap(({ app, environment }, index) => {
    const manifests = (files[index] ?? []).flatMap(({ name, id }) => manifestOf(String(texts.get(id)), name) ?? []);
    return addressesIn(app, environment, manifests);
  });
}

/** In a local world the proxy answers for what is served outside, and no kubectl reaches the rest. */
function reached({ reach }: Context, address: Address): Address {
  const { environment = '', name, url, forward } = address;
  return reach && !forward ? { ...address, url: reach(environment, name, url) } : address;
}

/**
 * The pages of the repository: those of the pipeline that this is, or of the remote.
 * @returns undefined where the remote is no forge
 */
export async function forgeAddress(
  checkout: Git,
  remote: string,
  variables: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const { CI_SERVER_URL, CI_PROJECT_PATH } = variables;
  if (CI_SERVER_URL && CI_PROJECT_PATH) return `${CI_SERVER_URL.replace(/\/$/, '')}/${CI_PROJECT_PATH}`;
  // What is no remote of the clone is a folder, and git takes it for one.
  const remotes = await checkout.lines(['remote']);
  return webAddressOf(remotes.includes(remote) ? await checkout.text(['remote', 'get-url', remote]) : remote);
}

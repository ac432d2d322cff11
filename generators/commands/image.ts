import { writeFile } from 'node:fs/promises';
import type { Git } from '../git/git.ts';
import { openMirror } from '../git/mirror.ts';
import { newestPublished } from '../git/published.ts';
import { buildsAt } from '../git/sources.ts';
import { cosign } from '../live/cosign.ts';
import { registry } from '../live/registry.ts';
import { dockerLogins } from '../live/registry-credentials.ts';
import { formatBuildList } from '../model/build-list.ts';
import { isTime, seconds } from '../model/environment.ts';
import { gitLabOf } from '../model/git-lab.ts';
import { parseImage } from '../model/image.ts';
import { head, main, rendered } from '../model/names.ts';
import { Misuse } from '../model/refusal.ts';
import { type Signer, signerOf } from '../model/signer.ts';
import { buildsOf, readBuilds } from './built-apps.ts';
import { checkoutHere, say } from './checkout.ts';
import type { Context } from './context.ts';
import { absence, findImage, findImages, type ImageDoors, treeOf, type Wanted } from './image-find.ts';
import { joinImages } from './image-join.ts';
import { describePruning, describeReport, prune, retentionReport } from './image-retention.ts';
import { signImage } from './image-sign.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';

type Values = Partial<Record<string, string>>;

/** The doors, from what CI sets: https://docs.gitlab.com/ci/variables/predefined_variables/ */
function doorsOf(env: NodeJS.ProcessEnv): ImageDoors {
  const tools = Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(SLIPWAY|ARGOCD|PROMETHEUS|GITHUB)_(\w+_)?TOKEN$/.test(name)),
  );
  return { registry: registry(dockerLogins(env)), cosign: cosign({ signer: signerIn(env), env: tools }), say };
}

function signerIn(env: NodeJS.ProcessEnv): Signer {
  const { SLIPWAY_SIGNING_KEY, SLIPWAY_VERIFICATION_KEY, CI_SERVER_URL, CI_PROJECT_PATH, CI_DEFAULT_BRANCH } = env;
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = env;
  return signerOf({
    signingKey: SLIPWAY_SIGNING_KEY,
    verificationKey: SLIPWAY_VERIFICATION_KEY,
    gitLab: CI_SERVER_URL && CI_PROJECT_PATH ? gitLabOf(`${CI_SERVER_URL}/${CI_PROJECT_PATH}`) : undefined,
    gitHub: GITHUB_SERVER_URL === 'https://github.com' ? GITHUB_REPOSITORY : undefined,
    branch: CI_DEFAULT_BRANCH || main,
  });
}

/** `image builds|find|join|sign|report|prune`. */
export async function run({ values, words: [word, ...files] }: Asked): Promise<void> {
  if (word !== 'join' && files.length > 0)
    throw new Misuse(`slipway image ${word} takes no word ${JSON.stringify(files[0])}; see npx slipway image --help.`);
  if (word === 'builds') return builds(values);
  if (word === 'find') return values.all ? findAll(values) : find(values);
  if (word === 'join') return join(values, files);
  if (word === 'sign') return sign(values);
  return word === 'report' ? report(values) : pruneOld(values);
}

/** @throws {Misuse} naming the option that is missing */
function needed(values: Values, option: string, word: string): string {
  const value = values[option];
  if (value) return value;
  throw new Misuse(`slipway image ${word} wants --${option}; see npx slipway image --help.`);
}

function repositoryOf(values: Values, option: string, word: string): string {
  const text = needed(values, option, word);
  const { repository, tag, digest } = parseImage(text, `--${option}`);
  if (tag || digest) throw new Misuse(`--${option} ${text}: write the repository alone, without tag and digest.`);
  return repository;
}

async function builds(asked: Asked['values']): Promise<void> {
  const { dry, out } = asked as Values;
  const checkout = await checkoutHere();
  const text = formatBuildList(await buildsOf(checkout, await commitOf(checkout, dry)));
  if (out) await writeFile(out, text);
  else process.stdout.write(text);
}

/** The whole id of a commit. @throws {Misuse} where it is none */
async function commitOf(checkout: Git, revision = 'HEAD'): Promise<string> {
  const commit = await checkout.commit(revision);
  if (commit) return commit;
  throw new Misuse(`--dry ${revision} is not a commit of ${checkout.dir}.`);
}

async function find(asked: Asked['values']): Promise<void> {
  const values = asked as Values;
  const repository = repositoryOf(values, 'repository', 'find');
  const tree = await treeOf(await checkoutHere(), needed(values, 'folder', 'find'), values.dry);
  const found = await findImage(doorsOf(process.env), repository, tree);
  if (found.is !== 'found') {
    say(absence(repository, tree, found));
    process.exitCode = 3;
  }
  const digest = found.is === 'found' ? found.digest : undefined;
  const reference = digest && `${repository}@${digest}`;
  if (asked.json)
    console.log(
      JSON.stringify({ version: 1, found: found.is === 'found', repository, tree, digest, reference }, null, 2),
    );
  else if (reference) console.log(reference);
}

async function findAll(asked: Asked['values']): Promise<void> {
  const values = asked as Values;
  const { wait, out } = values;
  if (wait !== undefined && !isTime(wait)) throw new Misuse(`--wait ${wait}: write a time such as 30m.`);
  for (const option of ['folder', 'repository']) {
    if (values[option] !== undefined) throw new Misuse(`--${option} and --all exclude each other.`);
  }
  const wanted = await wantedAt(await contextOf(asked), values);
  const waiting = { wait: wait === undefined ? 0 : seconds(wait) * 1000, now: Date.now };
  const { images, missing } = wanted.length === 0 ? none : await findImages(doorsOf(process.env), wanted, waiting);
  const lines = [...images].sort(([a], [b]) => (a < b ? -1 : 1)).map(([app, reference]) => `${app}=${reference}`);
  for (const [app, why] of missing) say(`${app}: ${why}`);
  if (missing.size > 0) process.exitCode = 3;
  // What is half is nothing: whoever publishes it would publish some apps without their image.
  else if (out) await writeFile(out, lines.map((line) => `${line}\n`).join(''));
  if (asked.json)
    console.log(
      JSON.stringify({ version: 1, images: Object.fromEntries(images), missing: Object.fromEntries(missing) }, null, 2),
    );
  else if (!out || missing.size > 0) for (const line of lines) console.log(line);
}

const none = { images: new Map<string, string>(), missing: new Map<string, string>() };

/** What a commit needs, and what was published of it. */
async function wantedAt({ checkout, remote }: Context, { dry: revision, builds: file }: Values): Promise<Wanted[]> {
  const dry = await commitOf(checkout, revision);
  const { builds } = await (file === undefined ? buildsOf(checkout, dry) : readBuilds(checkout, dry, file));
  if (builds.length === 0) return [];
  const mirror = await openMirror(checkout, remote, { depth: 'tips' });
  try {
    const published = await newestPublished(mirror, mirror.refs.get(head(rendered)));
    const wanted = builds.map(async ({ app, repository, folder, tree }): Promise<Wanted> => {
      const before = published?.images[app];
      const same = before?.tree === tree && parseImage(before.reference, app).repository === repository;
      const commit = await checkout.text(['rev-list', '--first-parent', '--max-count=1', dry, '--', folder]);
      return { app, repository, tree, commit, published: same ? before.reference : undefined };
    });
    return await Promise.all(wanted);
  } finally {
    await mirror.close();
  }
}

async function join(asked: Asked['values'], files: readonly string[]): Promise<void> {
  const values = asked as Values;
  if (files.length === 0)
    throw new Misuse('slipway image join wants a FILE of each platform; see npx slipway image --help.');
  const repository = repositoryOf(values, 'repository', 'join');
  const folder = needed(values, 'folder', 'join');
  const tree = await treeOf(await checkoutHere(), folder);
  const platforms = (asked.platform as readonly string[] | undefined) ?? ['linux/amd64', 'linux/arm64'];
  const digest = await joinImages(registry(dockerLogins(process.env)), repository, files, platforms);
  say(
    `${folder}${values.version ? ` ${values.version}` : ''} (tree ${tree}) is ${repository}@${digest}, for ${platforms.join(' and ')}`,
  );
  console.log(asked.json ? JSON.stringify({ version: 1, repository, tree, digest, platforms }, null, 2) : digest);
}

async function sign(asked: Asked['values']): Promise<void> {
  const values = asked as Values;
  const repository = repositoryOf(values, 'repository', 'sign');
  const copyTo = values['copy-to'] === undefined ? undefined : repositoryOf(values, 'copy-to', 'sign');
  const digest = needed(values, 'digest', 'sign');
  const folder = needed(values, 'folder', 'sign');
  const checkout = await checkoutHere();
  const tree = await treeOf(checkout, folder);
  const version = values.version ?? (await buildsAt(checkout, 'HEAD'))[folder]?.version;
  const { sbom } = values;
  const signed = await signImage(doorsOf(process.env), { repository, tree, digest, version, sbom, copyTo });
  for (const step of signed.did) say(`${repository}@${signed.digest}: ${step}`);
  const result = {
    version: 1,
    repository,
    tree,
    humanVersion: version,
    ...signed,
    reference: `${repository}@${signed.digest}`,
  };
  console.log(asked.json ? JSON.stringify(result, null, 2) : result.reference);
}

/** What retention needs of the world. */
const needsOf = async (asked: Asked['values']) => ({
  ...(await contextOf(asked)),
  registry: registry(dockerLogins(process.env)),
});

async function report(asked: Asked['values']): Promise<void> {
  const values = asked as Values;
  const { within } = values;
  if (within !== undefined && !isTime(within)) throw new Misuse(`--within ${within}: write a time such as 14d.`);
  const found = await retentionReport(await needsOf(asked), within === undefined ? 0 : seconds(within) * 1000);
  if (asked.json) console.log(JSON.stringify({ version: 1, ...found }, null, 2));
  else for (const line of describeReport(found, within)) console.log(line);
  const wrong = found.images.some(({ state, built }) => state === 'missing' || (state === 'unknown' && built));
  if (wrong) process.exitCode = 1;
}

async function pruneOld(asked: Asked['values']): Promise<void> {
  const dryRun = asked['dry-run'] === true;
  const prunings = await prune(await needsOf(asked), dryRun, say);
  if (asked.json) console.log(JSON.stringify({ version: 1, dryRun, prunings }, null, 2));
  else if (dryRun) for (const line of describePruning(prunings)) console.log(line);
  else console.log(`${prunings.reduce((count, { take }) => count + take.length, 0)} images deleted`);
}

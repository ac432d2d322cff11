import { apps } from '../../apps/index.ts';
import { clusters, environments, repository } from '../../clusters/environments.ts';
import { buildArtifact } from '../../clusters/local/runtime/artifact.ts';
import { type Usage, usageOf } from '../../clusters/local/usage.ts';
import { findWorld, startWorld, stopWorld, type World } from '../../clusters/local/world.ts';
import type { Git } from '../git/git.ts';
import { checkApp } from '../model/app-check.ts';
import { isBuilt, isProgram } from '../model/app-schema.ts';
import { scopeOf } from '../model/environment.ts';
import { checkPath } from '../model/environment-schema.ts';
import { formatImage } from '../model/image.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { checkoutHere } from './checkout.ts';
import type { Asked } from './main.ts';
import { worldDir, worldIn } from './surroundings.ts';

/** `local up|build|status|down`: the world of this checkout. */
export async function run({ values, words: [word] }: Asked): Promise<void> {
  if (values.observe && word !== 'up')
    throw new Misuse(`--observe belongs to slipway local up, not to local ${word}: it says how the world is started.`);
  const checkout = await checkoutHere();
  const dir = worldDir(checkout);
  if (word === 'up') {
    const world = await startWorld(checkout, dir, environmentNames, { tied: false, observe: values.observe === true });
    print(world, values, `up: ${dir}`);
  } else if (word === 'build') {
    await worldIn(dir);
    const images = await buildImages(dir, checkout, 'HEAD');
    const options = [...images].map(([app, image]) => `--image ${app}=${image}`).join(' ');
    console.log(values.json ? JSON.stringify({ version: 1, images: Object.fromEntries(images) }) : options);
  } else {
    const world = await findWorld(dir);
    if (world && word === 'status') return print(world, values, `up since process ${world.pid} started it: ${dir}`);
    if (world) await stopWorld(world);
    const none = `No local world runs in ${dir}${word === 'status' ? '; start it with npx slipway local up' : ''}.`;
    const said = world ? `down: its data stays in ${dir}` : none;
    console.log(values.json ? JSON.stringify({ version: 1, running: false }) : said);
  }
}

/** What runs here: apps. What belongs to a cluster has nothing that it could do on one machine. */
export const environmentNames = environments.filter((one) => scopeOf(one) === 'environment').map(({ name }) => name);

/** Builds what the apps of a commit need. @returns app → reference with digest */
export async function buildImages(
  world: string,
  checkout: Git,
  revision: string,
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const commit = await checkout.commit(revision);
  if (!commit) throw new Refusal(`${revision} is not a commit of ${checkout.dir}.`);
  const images = new Map<string, string>();
  const path = checkPath({ repository, clusters, environments });
  for (const [name, load] of Object.entries(apps)) {
    const { app } = checkApp(name, (await load()).app, path);
    if (!isProgram(app) || !isBuilt(app.image)) continue;
    const { image } = app;
    const digest = await buildArtifact(world, checkout, commit, image.build, signal);
    images.set(name, formatImage({ repository: image.repository, digest }));
  }
  return images;
}

function print(world: World, values: Asked['values'], headline: string): void {
  const { token: _token, daemon: _daemon, ...shown } = world;
  const usage = usageOf(world.pid);
  if (values.json) {
    console.log(JSON.stringify({ ...shown, running: true, ...(usage ? { usage } : {}) }));
    return;
  }
  console.log(headline);
  console.log(`  repository  ${world.repository}   (main is pushed there: git push ${world.repository} HEAD:main)`);
  console.log(`  board       ${world.control}/`);
  if (world.prometheus) console.log(`  prometheus  ${world.prometheus}/`);
  console.log(`  apps        ${world.proxy.replace('127.0.0.1', '<app>.<environment>.localhost')}/`);
  if (usage) console.log(`  takes       ${taken(usage.world)}; the workloads ${taken(usage.workloads)}`);
  console.log('  next        npx slipway publish --remote local $(npx slipway local build)');
}

const taken = ({ processes, memory }: Usage) =>
  `${Math.round(memory / 1024 ** 2)} MiB in ${processes} ${processes === 1 ? 'process' : 'processes'}`;

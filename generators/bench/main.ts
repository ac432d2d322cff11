import { join } from 'node:path';
import { Misuse, Refusal } from '../model/refusal.ts';

// The benchmarks: npm run bench -- NAME [options].

type Benchmark = Pick<typeof import('./publish.ts'), 'run'>;
const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  publish: () => import('./publish.ts'),
  promote: () => import('./promote.ts'),
  render: () => import('./render.ts'),
  status: () => import('./status.ts'),
};

// Nothing of a pipeline, a forge or a cache may change what is measured.
for (const name of Object.keys(process.env))
  if (/^(SLIPWAY|CI|ARGOCD|CDK8S)_|^NODE_COMPILE_CACHE$/.test(name)) delete process.env[name];
// No setting of whoever measures may change what git does; and both sides commit as nobody in particular.
Object.assign(process.env, { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' });
for (const role of ['AUTHOR', 'COMMITTER'])
  Object.assign(process.env, { [`GIT_${role}_NAME`]: 'A Bench', [`GIT_${role}_EMAIL`]: 'bench@localhost.invalid' });

const [name = '', ...args] = process.argv.slice(2);
try {
  const load = benchmarks[name];
  if (!load) throw new Misuse(`npm run bench -- NAME: known are ${Object.keys(benchmarks).join(', ')}.`);
  const { run } = await load();
  const program = join(import.meta.dirname, '..', '..');
  process.exitCode = await run(program, args, (line) => process.stderr.write(`${line}\n`));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = error.exitCode;
}

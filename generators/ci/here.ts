// `npm run ci`: the pipeline on this machine, by gitlab-ci-local, for whoever wants to know before they push.
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'node_modules/gitlab-ci-local/dist/index.js');

const help = `npm run ci -- [--main] [--stand-ins] [JOB…] [options of gitlab-ci-local]

Runs what a merge request of the committed branch would run, compared with origin/main; with --main, what a push to main
would. A job runs in a copy of what git tracks, with the programs of this machine instead of its image. No token is here:
what publishes or promotes says so and stops. --stand-ins puts generators/ci/stand-ins first on the PATH, for jobs that
need BuildKit, Trivy, cosign or AWS: buildctl builds with Buildah, the others answer from files (see there).

  npm run ci -- --list        which jobs there would be
  npm run ci -- lint          one of them
  npm run ci -- --needs diff  one, after those that it needs
`;

/** Commands of other images than Node's, and the jobs that want them. */
const wanted = {
  'buildctl-daemonless.sh': 'NAME: try, NAME: build',
  trivy: 'NAME: try scan, NAME: scan',
  cosign: 'NAME: find, NAME: sign, images',
};

const given = process.argv.slice(2);
const own = new Set(['--main', '--stand-ins', '--help']);
const rest = given.filter((arg) => !own.has(arg));
if (given.includes('--help')) {
  process.stdout.write(help);
  process.exit(0);
}
if (spawnSync('git', ['rev-parse', '--verify', '--quiet', 'origin/main'], { cwd: root }).status !== 0) {
  process.stderr.write('There is no origin/main to compare with: git fetch origin main, then run this again.\n');
  process.exit(1);
}
const path = [...(given.includes('--stand-ins') ? [join(import.meta.dirname, 'stand-ins')] : []), process.env.PATH];
const env = { ...process.env, PATH: path.join(delimiter) };

const looking = rest.some((arg) => /^--(list|preview|validate|version|completion)/.test(arg));
if (!looking) {
  for (const [command, jobs] of Object.entries(wanted)) {
    const there = spawnSync('sh', ['-c', `command -v ${command}`], { env }).status === 0;
    if (!there) process.stderr.write(`${command} is not here: ${jobs} will fail. --stand-ins stands in for it.\n`);
  }
}
const source = given.includes('--main')
  ? ['--variable', 'CI_PIPELINE_SOURCE=push', '--variable', 'CI_COMMIT_BRANCH=main']
  : ['--variable', 'CI_PIPELINE_SOURCE=merge_request_event', '--unset-variable', 'CI_COMMIT_BRANCH'];
const { status, error } = spawnSync(
  process.execPath,
  [
    ...[program, ...source, '--ignore-predefined-vars', 'CI_PIPELINE_SOURCE,CI_COMMIT_BRANCH'],
    ...['--force-shell-executor', '--shell-isolation', ...rest],
  ],
  { cwd: root, env, stdio: 'inherit' },
);
if (error) throw error;
process.exit(status ?? 1);

import type { App } from './app.ts';
import { legalName } from './names.ts';
import { Misuse } from './refusal.ts';

/** Kinds that one begins with; there is one platform already. */
export const kinds = ['web', 'worker', 'job', 'store', 'agent', 'manifests'] as const satisfies readonly App['kind'][];
export type Kind = (typeof kinds)[number];

/** Something small that runs, until there is something of one's own. */
const busybox =
  'docker.io/library/busybox:1.38.0@sha256:fd8d9aa63ba2f0982b5304e1ee8d3b90a210bc1ffb5314d980eb6962f1a9715d';
const redis =
  'docker.io/library/redis:8.2-alpine@sha256:30abb90e62f14b737010746def3ba99cc79fe19dcdb3d37b41f21fc62e7da19d';

const program = (image: string) => `  image: '${image}',\n`;
const serving = (name: string) => `${program(busybox)}  port: 8080,
  command: ['httpd', '-f', '-p', '8080', '-h', '/www'],
  files: { '/www/index.html': '${name} works\\n' },
`;

/** What is particular to a kind. */
const bodies: Readonly<Record<Kind, (name: string) => string>> = {
  web: (name) => `${serving(name)}  ready: '/',\n  live: '/',\n  probe: { text: '${name} works' },\n`,
  worker: (name) => serving(name),
  job: (name) => `${program(busybox)}  schedule: '15 2 * * *',
  deadline: '10m',
  command: ['echo', '${name} works'],
`,
  store: () => `${program(redis)}  port: 6379,
  args: ['--dir', '/data', '--appendonly', 'yes', '--protected-mode', 'no'],
  ready: ['redis-cli', '-e', 'ping'],
  user: { uid: 999, gid: 1000 },
  volume: { path: '/data', size: '1Gi' },
  single: true,
`,
  agent: (name) => serving(name),
  manifests: () => `  version: '1',\n  files: ['objects.yaml'],\n`,
};

/**
 * The files of a new app, by path: something small that runs as it is, to be changed into what it shall be.
 * @throws {Misuse} for a name that is not legal
 */
export function scaffold(name: string, kind: Kind, owner: string): Record<string, string> {
  for (const [what, value] of Object.entries({ NAME: name, '--owner': owner }))
    if (!legalName.test(value))
      throw new Misuse(`${what} ${JSON.stringify(value)} must be a DNS label of at most 40 characters, as in shop.`);
  const definition = `import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: '${kind}',
  name: '${name}',
  owner: '${owner}',
${bodies[kind](name)}};
`;
  const objects = `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
data:
  greeting: ${name} works
`;
  return {
    [`apps/${name}/app.ts`]: definition,
    ...(kind === 'manifests' ? { [`apps/${name}/objects.yaml`]: objects } : {}),
  };
}

/**
 * Adds an app to the text of `apps/index.ts`, in its place by name.
 * @throws {Misuse} when it is there already, or the text has no table of apps
 */
export function listed(index: string, name: string): string {
  const lines = index.split('\n');
  const begin = lines.findIndex((line) => /^export const apps\b.*\{\s*$/.test(line));
  const end = lines.findIndex((line, at) => at > begin && /^\};?\s*$/.test(line));
  if (begin < 0 || end < 0)
    throw new Misuse(
      "apps/index.ts has no table of the form export const apps: Apps = { … }; add the app's line by hand.",
    );
  const rows = lines.slice(begin + 1, end);
  const nameOf = (line: string) => /^\s*'?([a-z0-9-]+)'?:/.exec(line)?.[1];
  if (rows.some((line) => nameOf(line) === name))
    throw new Misuse(`apps/index.ts lists ${name} already; choose another name.`);
  const key = /^[a-z][a-z0-9]*$/.test(name) ? name : `'${name}'`;
  const before = rows.findIndex((line) => (nameOf(line) ?? '') > name);
  rows.splice(before < 0 ? rows.length : before, 0, `  ${key}: () => import('./${name}/app.ts'),`);
  return [...lines.slice(0, begin + 1), ...rows, ...lines.slice(end)].join('\n');
}

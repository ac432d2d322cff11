import type { Option } from '../usage.ts';

export const remote: Option = {
  type: 'string',
  value: 'URL',
  help: 'the repository with the branches: a name, an address, or "local" for the local world (default: origin)',
};
export const dry: Option = { type: 'string', value: 'SHA', help: 'the commit (default: HEAD)' };
export const workTree: Option = {
  type: 'boolean',
  help: 'what is saved in this checkout instead of a commit: to look at, never publishable',
};
export const image: Option = {
  type: 'string',
  multiple: true,
  value: 'NAME=REF@sha256:…',
  help: 'the image of an app that is built here; default: the one already published for the same tree',
};
export const images: Option = {
  type: 'string',
  value: 'FILE',
  help: 'the same, a line for each app, as slipway image find --all --out FILE writes them',
};
export const keepGoing: Option = {
  type: 'boolean',
  help: 'an app that cannot be rendered keeps its parts, the others go on; the exit code is then 1',
};
export const json: Option = { type: 'boolean', help: 'print JSON for programs' };
export const observe: Option = {
  type: 'boolean',
  help: 'a Prometheus of this machine watches what runs, and promotions ask it (Debian: prometheus)',
};
export const dryRun: Option = { type: 'boolean', help: 'say what would happen, and do nothing' };

export const target: Option = { type: 'string', value: 'E', help: 'the environment' };
/** How a person puts parts on an environment. */
export const byHand: Readonly<Record<string, Option>> = {
  now: { type: 'boolean', help: 'push it, where you may, instead of a merge request' },
  reason: { type: 'string', value: 'TEXT', help: 'why, for whoever reads the history' },
  remote,
  'dry-run': dryRun,
  json,
};

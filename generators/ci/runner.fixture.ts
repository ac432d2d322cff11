import { spawnSync } from 'node:child_process';

/** Why no job can be run here; false where it can. To list them, nothing more than the package is needed. */
export const noRunner = spawnSync('rsync', ['--version']).error
  ? 'rsync is not installed (Debian and Homebrew: rsync): gitlab-ci-local gives each job its files with it'
  : false;

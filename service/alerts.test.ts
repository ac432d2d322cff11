import { execFile, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const skip =
  spawnSync('promtool', ['--version']).error !== undefined &&
  'This test has promtool try the alerts, and it is not installed here (Debian and Homebrew: prometheus).';

const promtool = (...args: string[]) => promisify(execFile)('promtool', args, { cwd: import.meta.dirname });

test('who cannot count for a minute wakes somebody', { skip }, async () => {
  await promtool('check', 'rules', 'alerts.yaml');
  await promtool('test', 'rules', 'alerts.rules-test.yaml');
});

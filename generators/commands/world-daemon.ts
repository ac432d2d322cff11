import { type Inside, serveWorld } from '../../clusters/local/daemon.ts';
import type { Watching } from '../../clusters/local/observe/observatory.ts';
import type { PodView } from '../../clusters/local/runtime/runtime.ts';
import type { PodFacts } from '../board/facts.ts';
import { prometheusConfig } from '../monitoring/prometheus.ts';
import { board } from './board-server.ts';
// The verbs load these when they need them. Here every app's visitors would wait meanwhile, for this process carries them.
import './judge-changes.ts';
import './reconcile.ts';
import { doorsOf } from './local-doors.ts';

/** Whoever presses a button here has no account: it is the person at this machine. */
const person = {
  GIT_AUTHOR_NAME: 'Local Person',
  GIT_AUTHOR_EMAIL: 'person@localhost.invalid',
};

const podFacts = ({ name, ready, stopping, trouble, isOld }: PodView): PodFacts => ({
  name,
  is: stopping ? 'stopping' : ready ? 'ready' : trouble ? 'failing' : 'starting',
  isOld,
});

/** What Prometheus is told in a cluster, but where it finds targets and files. Whatever is JSON is YAML, too. */
const watching: Watching = ({ targets, blackbox, rules, environments }) =>
  JSON.stringify(
    prometheusConfig({ cluster: 'local', discovery: { http: targets }, blackbox, environments, rules: [rules] }),
    null,
    2,
  );

// The process of a local world: see `startWorld`.
await serveWorld(({ repository, file, runtimes, tally, troubles, prometheus }: Inside) => {
  const port = new URL(file.proxy).port;
  const doors = doorsOf({ ...file, dir: '' });
  // Should it fail, whoever asks the forge is told.
  doors.forge?.load().catch(() => {});
  const runtimeOf = (environment: string) => runtimes.find((one) => one.environment === environment);
  return board(
    {
      ...doors,
      checkout: repository.with(person),
      now: Date.now,
      say: () => {},
    },
    {
      environments: file.environments,
      prometheus,
      traffic: () =>
        [
          `${tally.requests.toLocaleString('en')} requests, ${tally.failed.toLocaleString('en')} failed${tally.lastFailure ? `, the last of them ${tally.lastFailure}` : ''}`,
          ...troubles(),
        ].join(' · '),
      pods: (environment, app) =>
        (runtimeOf(environment)?.pods() ?? []).filter((pod) => pod.app === app && !pod.foreign).map(podFacts),
      address: (environment, app) => {
        const host = `${app}.${environment}.localhost`;
        return runtimeOf(environment)?.hosts.includes(host) ? `http://${host}:${port}/` : undefined;
      },
    },
  );
}, watching);

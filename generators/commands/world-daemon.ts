import { type Inside, serveWorld } from '../../clusters/local/daemon.ts';
import type { PodFacts } from '../board/facts.ts';
import { board } from './board-server.ts';
import { doorsOf } from './surroundings.ts';

/** Whoever presses a button here has no account: it is the person at this machine. */
const person = {
  GIT_AUTHOR_NAME: 'Local Person',
  GIT_AUTHOR_EMAIL: 'person@localhost.invalid',
};

// The process of a local world: see `startWorld`.
await serveWorld(({ repository, file, runtimes }: Inside) => {
  const port = new URL(file.proxy).port;
  const runtimeOf = (environment: string) => runtimes.find((one) => one.environment === environment);
  return board(
    {
      ...doorsOf({ ...file, dir: '' }),
      checkout: repository.with(person),
      now: Date.now,
      say: () => {},
    },
    {
      environments: file.environments,
      pods: (): readonly PodFacts[] => [],
      address: (environment, app) => {
        const host = `${app}.${environment}.localhost`;
        return runtimeOf(environment)?.hosts.includes(host) ? `http://${host}:${port}/` : undefined;
      },
    },
  );
});

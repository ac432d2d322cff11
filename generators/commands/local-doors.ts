import type { World } from '../../clusters/local/world.ts';
import { gitlab } from '../forge/gitlab.ts';
import { argocd } from '../live/argocd.ts';
import { prometheus } from '../live/prometheus.ts';
import type { Context } from './context.ts';

/** The doors of a local world. */
export const doorsOf = (
  world: World,
): Pick<Context, 'remote' | 'forge' | 'live' | 'metrics' | 'soakless' | 'reach'> => ({
  remote: world.repository,
  forge: gitlab({ host: world.control, project: world.project, token: world.token }),
  live: argocd({ server: world.control, token: world.token }),
  metrics: world.prometheus === undefined ? undefined : prometheus({ server: world.prometheus }),
  soakless: true,
  // The proxy answers for the Ingress's own host, which no resolver knows, and for this one.
  reach: (environment, app, address) =>
    `http://${app}.${environment}.localhost:${new URL(world.proxy).port}${new URL(address).pathname}`,
});

import type { World } from '../../clusters/local/world.ts';
import { gitlab } from '../forge/gitlab.ts';
import { argocd } from '../live/argocd.ts';
import { prometheus } from '../live/prometheus.ts';
import type { Context } from './context.ts';

/** The doors of a local world. */
export const doorsOf = (world: World): Pick<Context, 'remote' | 'forge' | 'live' | 'metrics' | 'soakless'> => ({
  remote: world.repository,
  forge: gitlab({ host: world.control, project: world.project, token: world.token }),
  live: argocd({ server: world.control, token: world.token }),
  metrics: world.prometheus === undefined ? undefined : prometheus({ server: world.prometheus }),
  soakless: true,
});

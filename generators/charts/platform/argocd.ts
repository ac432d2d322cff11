import type { Construct } from 'constructs';
import { monitoringOf } from '../../model/environment.ts';
import { applicationsOf, argoCd, projectsOf } from '../../model/project.ts';
import type { Placement } from '../place.ts';
import { applicationRules } from './argocd/admission.ts';
import { commandParameters, configuration } from './argocd/configuration.ts';
import { notifications } from './argocd/notifications.ts';
import { people } from './argocd/people.ts';
import { projects } from './argocd/projects.ts';
import { entrance, walls } from './argocd/reach.ts';
import { rights } from './argocd/rights.ts';
import { readerOf } from './monitoring.ts';
import { namespace } from './namespaces.ts';

/**
 * Argo CD's own namespaces, its configuration, and what the branch of each environment may do. Its programs come with
 * bootstrap (`generators/bootstrap/argo-cd.ts`): they must be there before anything is synced.
 */
export function argocd(scope: Construct, at: Placement): void {
  const all = projectsOf(at.cluster, at.path);
  namespace(scope, argoCd, 'restricted', {});
  for (const { environment } of all) namespace(scope, applicationsOf(environment), 'restricted', {});
  projects(scope, all);
  applicationRules(scope, all, at.path.repository);
  configuration(scope, at);
  commandParameters(
    scope,
    at,
    all.map(({ environment }) => applicationsOf(environment)),
  );
  people(scope, at);
  notifications(scope, at);
  rights(
    scope,
    all.map(({ environment }) => applicationsOf(environment)),
  );
  if (monitoringOf(at.cluster) === 'slipway') readerOf(scope, 'prometheus', argoCd, ['pods']);
  walls(scope, at);
  entrance(scope, at);
}

import type { Construct } from 'constructs';
import { dump } from 'js-yaml';
import { gitLabOf } from '../../../model/git-lab.ts';
import type { Placement } from '../../place.ts';
import { configMap } from './config-map.ts';
import { hostOf } from './configuration.ts';

/** A state of GitLab's commit statuses: https://docs.gitlab.com/api/commits/#set-commit-pipeline-status */
type State = 'running' | 'success' | 'failed';

/** When a commit's status is set for an app, what to, and what is said. */
interface Occasion {
  readonly when: string;
  readonly state: State;
  readonly says: string;
  /** What must be new for it to be said again. */
  readonly oncePer: string;
}

const revision = 'app.status?.operationState?.syncResult?.revision';
const synced = `${revision} != nil`;
const phase = 'app.status?.operationState?.phase';
const health = 'app.status?.health?.status';
/** An app that falls ill and gets well again has said both: the status shows what holds. */
const change = `(${revision} ?? '') + ' ' + (app.status?.health?.lastTransitionTime ?? '')`;

/**
 * The revision is the one that was synced: the tip of a branch moves with every app, and most of them have nothing to do.
 * https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/triggers/
 */
const occasions: Readonly<Record<string, Occasion>> = {
  // GitLab takes no second `running` of the same name: https://docs.gitlab.com/api/commits/#set-commit-pipeline-status
  progressing: {
    when: `${synced} and (${phase} == 'Running' or (${phase} == 'Succeeded' and ${health} == 'Progressing'))`,
    state: 'running',
    says: 'Being synced',
    oncePer: revision,
  },
  healthy: {
    when: `${synced} and ${phase} == 'Succeeded' and ${health} == 'Healthy' and app.status?.sync?.status == 'Synced'`,
    state: 'success',
    says: 'Synced and healthy',
    oncePer: change,
  },
  degraded: {
    when: `${synced} and ${health} == 'Degraded'`,
    state: 'failed',
    says: 'Degraded',
    oncePer: change,
  },
  failed: {
    when: `${synced} and ${phase} in ['Error', 'Failed']`,
    state: 'failed',
    says: 'Could not be synced',
    oncePer: revision,
  },
};

const service = 'gitlab';

/**
 * What Argo CD does stands at the commit that made it do so, as statuses in GitLab, for every Application. The token is
 * in Secret `argocd-notifications-secret`, key `gitlab-token`.
 * https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/webhook/
 */
export function notifications(scope: Construct, { environment, path }: Placement): void {
  const { origin, project } = gitLabOf(path.repository);
  const statuses = `/projects/${encodeURIComponent(project)}/statuses/{{.app.status.operationState.syncResult.revision}}`;
  const entries = Object.entries(occasions).flatMap(([name, { when, state, says, oncePer }]) => {
    const body = {
      state,
      ref: '{{trimPrefix "refs/heads/" .app.spec.source.targetRevision}}',
      name: 'argocd/{{.app.spec.project}}/{{.app.metadata.name}}',
      target_url: `https://${hostOf(environment)}/applications/{{.app.metadata.namespace}}/{{.app.metadata.name}}`,
      description: says,
    };
    return [
      [`trigger.${name}`, [{ when, oncePer, send: [name] }]],
      [`template.${name}`, { webhook: { [service]: { method: 'POST', path: statuses, body: asTemplate(body) } } }],
    ] as const;
  });
  const data = {
    [`service.webhook.${service}`]: {
      url: `${origin}/api/v4`,
      headers: [
        { name: 'PRIVATE-TOKEN', value: '$gitlab-token' },
        { name: 'Content-Type', value: 'application/json' },
      ],
    },
    subscriptions: [{ recipients: [service], triggers: Object.keys(occasions) }],
    ...Object.fromEntries(entries),
  };
  const texts = Object.entries(data).map(([key, value]) => [key, dump(value, { lineWidth: -1 })]);
  configMap(scope, 'argocd-notifications-cm', Object.fromEntries(texts));
}

/** JSON around Go templates, whose own quotes stay as they are: https://pkg.go.dev/text/template */
const asTemplate = (body: object) =>
  JSON.stringify(body).replace(/\{\{.*?\}\}/g, (action) => action.replaceAll('\\"', '"'));

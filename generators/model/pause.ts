import { isMapping } from './mapping.ts';
import type { ObjectId } from './timeline.ts';
import { releaseLine, short } from './words.ts';

/** Argo CD leaves an Application alone that carries it: https://argo-cd.readthedocs.io/en/stable/user-guide/skip_reconcile/ */
export const skipAnnotation = 'argocd.argoproj.io/skip-reconcile';

/** Why an Application is paused. */
export const appliedAnnotation = 'slipway.dev/applied';

/** What was applied by hand, where, by whom and why. */
export interface Applied {
  /** Who asked, as the API server knows them. */
  readonly by: string;
  /** RFC 3339, in UTC. */
  readonly at: string;
  /** The commit that was named. */
  readonly from: string;
  /** The part's git tree. */
  readonly part: ObjectId;
  readonly reason: string | undefined;
}

/** What to merge into an Application so that Argo CD leaves it alone. */
export const paused = (applied: Applied) => ({
  metadata: { annotations: { [skipAnnotation]: 'true', [appliedAnnotation]: JSON.stringify(applied) } },
});

/**
 * What to merge so that Argo CD goes on. It is told to read the branch anew: for up to three minutes it would otherwise
 * put back what it read before.
 */
export const resumed = {
  metadata: {
    annotations: { [skipAnnotation]: null, [appliedAnnotation]: null, 'argocd.argoproj.io/refresh': 'hard' },
  },
};

/** What an Application says of its pause; undefined when it is not paused by Slipway. */
export function appliedIn(annotations: Readonly<Record<string, string>>): Applied | undefined {
  try {
    const found: unknown = JSON.parse(annotations[appliedAnnotation] ?? '');
    const whole = isMapping(found) && ['by', 'at', 'from', 'part'].every((field) => typeof found[field] === 'string');
    return whole ? (found as unknown as Applied) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether Argo CD leaves it alone; what it takes for true is what Go does. */
export const isPaused = (annotations: Readonly<Record<string, string>>): boolean =>
  /^(1|t|T|TRUE|true|True)$/.test(annotations[skipAnnotation] ?? '');

/**
 * What a person does when the outage is over, a line each.
 * @param agrees whether the environment branch has the part already
 * @param hasArgoCD whether there is an Application that was paused
 */
export function wayBack(
  environment: string,
  app: string,
  { part, from }: Pick<Applied, 'part' | 'from'>,
  { agrees, hasArgoCD }: { readonly agrees: boolean; readonly hasArgoCD: boolean },
): string[] {
  const line = `npx slipway apply --env ${environment} --app ${app} --resume`;
  const branch = `env/${environment}`;
  const settle = agrees
    ? [`${branch} in this clone has the part ${short(part)} already: see that the remote does, too.`]
    : [
        `Bring ${branch} to what was applied (part ${short(part)} of ${short(from)}), by whichever does it:`,
        `  git revert COMMIT            on ${branch}, for what broke it`,
        `  npx slipway rollback --env ${environment} --app ${app}`,
        `  ${releaseLine(environment, app)} --at SHA --reason TEXT`,
        '  git fetch origin             so that this clone knows',
      ];
  return hasArgoCD
    ? [...settle, `Then let Argo CD go on: ${line}`]
    : [
        ...settle,
        'There was no Application to pause: once Argo CD is there it puts the cluster to what the branch says.',
      ];
}

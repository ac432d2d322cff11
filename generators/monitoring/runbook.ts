import { gitLabOf } from '../model/git-lab.ts';

/** Where the pages are, from the root of the repository. */
export const runbooks = 'clusters/runbooks';

/** The name of an alert's page: `ErrorBudgetBurnsFast` is told of in `error-budget-burns-fast.md`. */
export const runbookPage = (alert: string) =>
  `${alert
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()}.md`;

/**
 * Where people read an alert's page: the newest, since a page is mended after the night in which it was wrong.
 * @param repository the URL that Argo CD reads this repository from
 */
export function runbookUrl(repository: string, alert: string): string {
  const { origin, project } = gitLabOf(repository);
  // https://docs.gitlab.com/development/routing/#project-routes
  const files = new URL(origin).hostname === 'github.com' ? 'blob' : '-/blob';
  return `${origin}/${project}/${files}/main/${runbooks}/${runbookPage(alert)}`;
}

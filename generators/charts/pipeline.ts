import { dump } from 'js-yaml';
import { environmentBranch } from '../model/names.ts';

const git = 'docker.io/alpine/git:v2.49.1@sha256:c0280cf9572316299b08544065d3bf35db65043d5e3963982ec50647d2746e26';

/**
 * The pipeline file of an environment branch: a merge request must stand on the branch's tip, since a merge inside a
 * part would make a state that nobody rendered.
 */
export function pipeline(environment: string): string {
  const branch = environmentBranch(environment);
  return dump(
    {
      workflow: { rules: [{ if: '$CI_PIPELINE_SOURCE == "merge_request_event"' }] },
      'stands-on-the-tip': {
        // The image's entry point is git itself.
        image: { name: git, entrypoint: [''] },
        variables: { GIT_DEPTH: '0' },
        script: [
          `git fetch origin ${branch}`,
          'git merge-base --is-ancestor FETCH_HEAD "$CI_COMMIT_SHA" ||' +
            ` { echo "This proposal does not stand on the tip of ${branch}: run slipway promote --to ${environment}"; exit 1; }`,
        ],
      },
    },
    { lineWidth: -1 },
  );
}

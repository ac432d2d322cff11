import { dump } from 'js-yaml';
import { branchJobs, main } from '../model/names.ts';

/**
 * The pipeline file of an environment branch: it names the environment, and all else is read from `main` whenever a
 * pipeline begins. So a better check counts for every environment at once, and this part changes with none of them.
 * Project variables may stand in an include: https://docs.gitlab.com/ci/yaml/includes/#use-variables-with-include
 */
export const pipeline = (environment: string): string =>
  dump(
    { include: [{ project: '$CI_PROJECT_PATH', ref: main, file: `/${branchJobs}`, inputs: { environment } }] },
    { lineWidth: -1 },
  );

import { itemsOf } from '../json.ts';
import { breach } from '../pods.ts';
import { object, type PartPolicy, pod } from '../policy.ts';
import { workloads } from '../workload.ts';

/** What the other policies look at must be there to be looked at. */
export const described: PartPolicy = {
  id: 'described',
  says: 'A workload must describe its pods: a template with a list of containers.',
  source: 'https://kubernetes.io/docs/concepts/workloads/pods/#pod-templates',
  *check(part) {
    for (const workload of part.of(...workloads)) {
      if (itemsOf(workload.template?.spec.containers).length === 0)
        yield breach(workload, ['spec'], workload.template?.spec.containers);
    }
  },
  passes: [],
  fails: [pod({ containers: undefined }), object('Deployment/web', { 'spec.template': undefined })],
};

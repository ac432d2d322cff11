import { type ObjectPolicy, object } from '../policy.ts';

export const rollingUpdate: ObjectPolicy = {
  id: 'rolling-update',
  says: 'Several replicas must be replaced one after the other, not all at once (Recreate).',
  source: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy',
  target: { kinds: ['apps/Deployment'] },
  field: 'spec.strategy.type',
  cel: 'object.spec.?strategy.?type.orValue("RollingUpdate") != "Recreate" || object.spec.?replicas.orValue(1) < 2',
  passes: [object('Deployment/web', { 'spec.strategy': { type: 'RollingUpdate' } })],
  fails: [object('Deployment/web', { 'spec.strategy': { type: 'Recreate' }, 'spec.replicas': 2 })],
};

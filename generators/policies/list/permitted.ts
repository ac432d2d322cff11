import { forbidsKind, kindsFor } from '../../model/project.ts';
import { fieldsOf } from '../json.ts';
import { breach } from '../pods.ts';
import { added, object, type PartPolicy } from '../policy.ts';

const own = (apiVersion: string, kind: string, more: object = {}) =>
  added({ apiVersion, kind, metadata: { name: 'own', namespace: 'production' }, ...more });

export const permitted: PartPolicy = {
  id: 'permitted',
  says: 'An object must be of a kind that the AppProject of its environment lets in: Argo CD would not sync the others.',
  source: 'https://argo-cd.readthedocs.io/en/stable/user-guide/projects/',
  *check(part, { scope, monitoring }) {
    const lists = kindsFor(scope, monitoring);
    for (const subject of part.subjects) {
      const why = forbidsKind(lists, subject.kind, fieldsOf(subject.manifest.metadata).namespace);
      if (why) yield breach(subject, ['kind'], subject.manifest.kind, `${why} (generators/model/project.ts).`);
    }
  },
  passes: [
    own('external-secrets.io/v1', 'ExternalSecret'),
    object('Deployment/web', { 'metadata.annotations': { note: 'a change of no kind' } }),
  ],
  fails: [
    // A cluster without an operator knows none of its kinds.
    own('monitoring.coreos.com/v1', 'PrometheusRule'),
    own('v1', 'ResourceQuota'),
    own('v1', 'LimitRange'),
    own('v1', 'Secret'),
    own('v1', 'Pod'),
    own('discovery.k8s.io/v1', 'EndpointSlice'),
    own('argoproj.io/v1alpha1', 'Application'),
    own('argoproj.io/v1alpha1', 'AppProject'),
    // A group of another name has a kind of its own.
    own('example.com/v1', 'Deployment'),
    object('Namespace/production', { kind: 'PersistentVolume', apiVersion: 'v1' }),
  ],
};

import { isForeign } from '../../model/kinds.ts';
import { applicationFile } from '../../model/names.ts';
import { fieldsOf } from '../json.ts';
import { breach } from '../pods.ts';
import { added, object, type PartPolicy } from '../policy.ts';
import type { Subject } from '../view.ts';

const isReadable = ({ apiVersion, kind, metadata }: Subject['manifest']) => {
  const { name, namespace = '' } = fieldsOf(metadata);
  return [apiVersion, kind, name, namespace].every((one) => typeof one === 'string');
};

export const scope: PartPolicy = {
  id: 'scope',
  says: 'A part of an environment must hold objects of its own namespace only.',
  where: { scope: 'environment' },
  source:
    'https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#not-all-objects-are-in-a-namespace',
  *check(part, { environment }) {
    for (const subject of part.subjects) {
      if (!isReadable(subject.manifest)) {
        yield breach(subject, [], undefined, 'It has no apiVersion, kind, name and namespace that are texts.');
        continue;
      }
      const { kind, id, manifest } = subject;
      const file = kind === 'argoproj.io/Application' ? applicationFile : subject.file;
      const why = isForeign(file, manifest, { name: environment });
      if (why) yield breach(subject, ['metadata', 'namespace'], undefined, `${id} ${why}.`);
    }
  },
  passes: [],
  fails: [
    object('Deployment/web', { 'metadata.namespace': 'kube-system' }),
    object('Service/web', { 'metadata.namespace': undefined }),
    added({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'first' }, value: 1000 }),
  ],
};

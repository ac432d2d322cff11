import { fieldsOf, itemsOf } from '../json.ts';
import { breach } from '../pods.ts';
import { added, object, type PartPolicy } from '../policy.ts';

export const duplicates: readonly PartPolicy[] = [
  {
    id: 'same-route',
    says: 'A host and path must lead to one place.',
    source: 'https://kubernetes.io/docs/concepts/services-networking/ingress/',
    *check(part) {
      const seen = new Map<string, string>();
      for (const ingress of part.of('networking.k8s.io/Ingress')) {
        for (const [at, one] of itemsOf(ingress.spec.rules).entries()) {
          const { host = '*', http } = fieldsOf(one);
          for (const [index, route] of itemsOf(fieldsOf(http).paths).entries()) {
            const { path = '/', pathType } = fieldsOf(route);
            const key = JSON.stringify([host, pathType, path]);
            const first = seen.get(key);
            if (first)
              yield breach(
                ingress,
                ['spec', 'rules', at, 'http', 'paths', index, 'path'],
                path,
                `${first} has it too.`,
              );
            seen.set(key, ingress.file);
          }
        }
      }
    },
    passes: [
      object('Ingress/web', {
        'spec.tls[0].hosts[1]': 'www.example.com',
        'spec.rules[1]': {
          host: 'www.example.com',
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { name: 'http' } } } }],
          },
        },
      }),
    ],
    fails: [
      object('Ingress/web', {
        'spec.rules[1]': {
          host: 'web.example.com',
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { name: 'http' } } } }],
          },
        },
      }),
    ],
  },
  {
    id: 'same-object',
    says: 'An object must stand in a part once.',
    source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/names/',
    *check(part) {
      const seen = new Set<string>();
      for (const subject of part.subjects) {
        const key = JSON.stringify([subject.kind, fieldsOf(subject.manifest.metadata).namespace, subject.name]);
        if (seen.has(key)) yield breach(subject, ['metadata', 'name'], subject.name);
        seen.add(key);
      }
    },
    passes: [added({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other', namespace: 'production' } })],
    fails: [
      added({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'web', namespace: 'production' },
        data: { LOG_LEVEL: 'info', 'web.json': '{}' },
      }),
    ],
  },
];

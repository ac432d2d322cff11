import { fieldsOf, itemsOf } from '../json.ts';
import { behind, breach, isInstalled, portsOf, workloadsOf } from '../pods.ts';
import { object, type PartPolicy, planned } from '../policy.ts';
import { containersOf } from '../view.ts';

export const ports: readonly PartPolicy[] = [
  {
    id: 'ingress-backend',
    says: 'An Ingress must lead to a Service of its own part, by a port that this has.',
    source: 'https://kubernetes.io/docs/concepts/services-networking/ingress/#resource-backend',
    *check(part) {
      for (const ingress of part.of('networking.k8s.io/Ingress')) {
        if (isInstalled(ingress)) continue;
        const places = [
          { path: ['spec', 'defaultBackend'], backend: ingress.spec.defaultBackend },
          ...itemsOf(ingress.spec.rules).flatMap((rule, at) =>
            itemsOf(fieldsOf(fieldsOf(rule).http).paths).map((path, index) => ({
              path: ['spec', 'rules', at, 'http', 'paths', index, 'backend'],
              backend: fieldsOf(path).backend,
            })),
          ),
        ];
        for (const { path, backend } of places) {
          const target = fieldsOf(backend).service;
          if (target === undefined) continue;
          const { name, port } = fieldsOf(target);
          const service = part.named('Service', name);
          if (service === undefined) {
            yield breach(ingress, [...path, 'service', 'name'], name);
            continue;
          }
          const wanted = fieldsOf(port);
          const has = itemsOf(service.spec.ports).map(fieldsOf);
          if (!has.some((one) => (wanted.name === undefined ? one.port === wanted.number : one.name === wanted.name)))
            yield breach(ingress, [...path, 'service', 'port'], port);
        }
      }
    },
    passes: [object('Ingress/web', { 'spec.rules[0].http.paths[0].backend.service.port': { number: 80 } })],
    fails: [
      object('Ingress/web', { 'spec.rules[0].http.paths[0].backend.service.name': 'wbe' }),
      object('Ingress/web', { 'spec.rules[0].http.paths[0].backend.service.port': { name: 'htpp' } }),
      object('Ingress/web', { 'spec.rules[0].http.paths[0].backend.service.port': { number: 81 } }),
      object('Ingress/web', { 'spec.defaultBackend': { service: { name: 'wbe', port: { number: 80 } } } }),
    ],
  },
  {
    id: 'target-port',
    says: 'A port that a Service targets by name must be one of the pods that it selects.',
    source: 'https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports',
    *check(part) {
      for (const service of part.of('Service')) {
        const workloads = behind(part, service);
        for (const [index, one] of itemsOf(service.spec.ports).entries()) {
          const { targetPort } = fieldsOf(one);
          if (typeof targetPort !== 'string') continue;
          if (!workloads.every((workload) => portsOf(workload).some(({ port }) => port.name === targetPort)))
            yield breach(service, ['spec', 'ports', index, 'targetPort'], targetPort);
        }
      }
    },
    passes: [object('Service/web', { 'spec.ports[0].targetPort': 8080 })],
    fails: [object('Service/web', { 'spec.ports[0].targetPort': 'htpp' })],
  },
  {
    id: 'probe-port',
    says: 'A port that a probe names must be one of its container.',
    source:
      'https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#use-a-named-port',
    *check(part) {
      for (const workload of workloadsOf(part)) {
        for (const { path, value } of containersOf(workload, true)) {
          const container = fieldsOf(value);
          const names = itemsOf(container.ports).map((port) => fieldsOf(port).name);
          for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
            for (const handler of ['httpGet', 'tcpSocket']) {
              const { port } = fieldsOf(fieldsOf(container[probe])[handler]);
              if (typeof port === 'string' && !names.includes(port))
                yield breach(workload, [...path, probe, handler, 'port'], port);
            }
          }
        }
      }
    },
    passes: [planned({ 'readinessProbe.httpGet.port': 8080 })],
    fails: [
      planned({ 'readinessProbe.httpGet.port': 'htpp' }),
      planned({ startupProbe: { tcpSocket: { port: 'htpp' } } }),
    ],
  },
];

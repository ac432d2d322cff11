import { fieldsOf, itemsOf } from '../json.ts';
import { behind, breach, portsOf } from '../pods.ts';
import { object, type PartPolicy, planned } from '../policy.ts';
import { containersOf, type Item, type Subject, type View } from '../view.ts';

/** The containers that answer for a Service: those that declare a port it targets, else the first. */
function answering(part: View, service: Subject): { workload: Subject; container: Item }[] {
  return behind(part, service).flatMap((workload) => {
    const ports = itemsOf(service.spec.ports).map((port) => fieldsOf(port));
    const targets = ports.map(({ port, targetPort }) => targetPort ?? port);
    const declared = portsOf(workload).filter(
      ({ port }) => targets.includes(port.name) || targets.includes(port.containerPort),
    );
    const containers =
      declared.length > 0 ? declared.map(({ container }) => container) : containersOf(workload, true).slice(-1);
    return [...new Set(containers)].map((container) => ({ workload, container }));
  });
}

/** The Services that an Ingress of the part leads to. */
function published(part: View): readonly Subject[] {
  const names = part
    .of('networking.k8s.io/Ingress')
    .flatMap(({ spec }) =>
      [
        spec.defaultBackend,
        ...itemsOf(spec.rules).flatMap((rule) =>
          itemsOf(fieldsOf(fieldsOf(rule).http).paths).map((path) => fieldsOf(path).backend),
        ),
      ].map((backend) => fieldsOf(fieldsOf(backend).service).name),
    );
  return part.of('Service').filter(({ name }) => names.includes(name));
}

function* without(probe: string, part: View, services: readonly Subject[]) {
  const seen = new Set<unknown>();
  for (const { workload, container } of services.flatMap((service) => answering(part, service))) {
    if (seen.has(container.value) || fieldsOf(container.value)[probe] !== undefined) continue;
    seen.add(container.value);
    yield breach(workload, [...container.path, probe]);
  }
}

const source = 'https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/';

export const probes: readonly PartPolicy[] = [
  {
    id: 'readiness',
    says: 'What a Service leads to must say when it is ready, or requests reach it before.',
    source,
    check: (part) => without('readinessProbe', part, part.of('Service')),
    passes: [object('CronJob/backup', { 'spec.schedule': '0 3 * * *' })],
    fails: [
      planned({ readinessProbe: undefined }),
      object('StatefulSet/store', { 'spec.template.spec.containers[0].readinessProbe': undefined }),
    ],
  },
  {
    id: 'liveness',
    says: 'What an Ingress leads to must be started again when it hangs.',
    source,
    check: (part) => without('livenessProbe', part, published(part)),
    passes: [object('StatefulSet/store', { 'spec.template.spec.containers[0].livenessProbe': undefined })],
    fails: [planned({ livenessProbe: undefined })],
  },
];

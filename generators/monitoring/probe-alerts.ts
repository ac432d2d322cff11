import { hostsOf } from '../charts/hosts.ts';
import type { Placement } from '../charts/place.ts';
import type { CheckedWeb } from '../model/app-schema.ts';
import { type About, alert } from './alert.ts';
import { askedOf } from './probes.ts';
import { type AlertRule, literally, quoted } from './rule.ts';

const day = 86_400;

type Where = Pick<Placement, 'cluster' | 'environment'>;

/** What a visitor would see: what the blackbox exporter was answered at the public address. */
export function probeAlerts(app: CheckedWeb, { cluster, environment }: Where, about: About): AlertRule[] {
  const { page, version } = askedOf(app);
  if (page === undefined) return [];
  const { namespace, app: name } = about;
  const who = (kind: 'page' | 'version', more = '') =>
    `{job="probe",namespace=${quoted(namespace)},app=${quoted(name)},probe=${quoted(kind)}${more}}`;
  // Of two addresses one may fail.
  const fails = (kind: 'page' | 'version') => `min by (instance) (probe_success${who(kind)}) == 0`;
  const certificate = (days: number, severity: 'page' | 'ticket') =>
    alert(about, {
      name: 'CertificateEnds',
      expr: `min(probe_ssl_earliest_cert_expiry${who('page')}) - time() < ${days} * ${day}`,
      for: '1h',
      severity,
      summary: `The certificate of ${name} in ${namespace} ends in {{ $value | humanizeDuration }}.`,
      look: 'ACM renews it long before, as long as the DNS records that prove the domain are there: its status in ACM, and these records.',
    });
  return [
    alert(about, {
      name: 'PublicAddressFails',
      expr: fails('page'),
      for: '2m',
      severity: 'page',
      summary: `${name} in ${namespace} does not answer as it should at {{ $labels.instance }}.`,
      look: 'Ask it yourself with curl -v. If pods are ready and answer inside, it is DNS, the certificate, the load balancer or its rules; if they are not, it is the last version.',
    }),
    ...hostsOf(app, { environment }).map((host) =>
      alert(about, {
        name: 'NothingProbed',
        expr: `absent(max(probe_success${who('page', `,instance=~${quoted(`https?://${literally(host + page)}`)}`)}))`,
        for: '15m',
        severity: 'ticket',
        summary: `Nobody asks ${host}, an address of ${name} in ${namespace}.`,
        look: 'Whether the blackbox exporter runs and knows the module, what Prometheus says of the job probe under Status, Targets, and whether the Ingress is there.',
        labels: { host },
      }),
    ),
    ...(version === undefined
      ? []
      : [
          alert(about, {
            name: 'WrongVersionOutside',
            expr: fails('version'),
            // A roll-out takes its time, and the rule comes with the version.
            for: '15m',
            severity: 'ticket',
            summary: `${name} in ${namespace} shows another version at {{ $labels.instance }} than the one that stands on its branch.`,
            look: 'Whether the roll-out is stuck (pods that are not ready), whether Argo CD has synced, and whether something between the pods and the visitor keeps an old answer.',
            dashboard: 'slipway-versions',
          }),
        ]),
    // In the local profile a proxy answers, without a certificate of its own.
    ...(cluster.profile === 'eks' ? [certificate(21, 'ticket'), certificate(3, 'page')] : []),
  ];
}

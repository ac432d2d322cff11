import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { CheckedWeb, CheckedWorker } from '../model/app-schema.ts';
import { seconds } from '../model/environment.ts';
import { network } from './network.ts';
import { objectMeta, type Subject } from './place.ts';
import { podTemplate } from './pod.ts';
import { surroundings } from './surroundings.ts';

/**
 * A Job that Argo CD runs to its end before it syncs anything of the app. What it needs is made before it, under a name
 * of its own: the app's account, files and policies may not be there yet, and its Service must not select the Job's pod.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/
 */
export function migration(scope: Construct, app: CheckedWeb | CheckedWorker, subject: Subject): void {
  if (!app.migration) return;
  const { reversible, deadline, ...started } = app.migration;
  const hook = (wave: number) => ({
    'argocd.argoproj.io/hook': 'PreSync',
    'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
    'argocd.argoproj.io/sync-wave': String(wave),
  });
  const own: Subject = { ...subject, name: `${app.name}-migrate`, annotations: hook(-1) };
  const room = new Construct(scope, 'migration');
  surroundings(room, app, own);
  network(room, app, own, false);
  const { metadata, spec } = podTemplate(app, own, {
    started: { ...started, command: started.command ?? app.command, env: { ...app.env, ...started.env } },
    pod: { restartPolicy: 'Never' },
  });
  // What runs beside the app would keep the Job from ending; what prepares it is the app's own affair.
  const { initContainers: _, ...pod } = spec as k8s.PodSpec;
  const [main] = pod.containers;
  const { ports: __, ...alone } = main as k8s.Container;
  new k8s.KubeJob(room, 'job', {
    metadata: objectMeta({ ...own, annotations: hook(0) }, jobName(app.name, subject.at.version), {
      'slipway.dev/reversible': String(reversible),
    }),
    spec: {
      activeDeadlineSeconds: seconds(deadline),
      backoffLimit: 2,
      template: { ...(metadata ? { metadata } : {}), spec: { ...pod, containers: [alone] } },
    },
  });
}

/** `shop-migrate-1.4.2` as a DNS label of at most 63 characters. */
const jobName = (app: string, version: string) =>
  `${app}-migrate-${version.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`.slice(0, 63).replace(/-+$/, '');

import { join } from 'node:path';
import { ApiObject, type ApiObjectProps, App as Root, YamlOutputType } from 'cdk8s';
import { Construct } from 'constructs';
import { apps } from '../../apps/index.ts';
import { clusters, environments, repository } from '../../clusters/environments.ts';
import { ApplicationChart } from '../charts/application.ts';
import { WebChart } from '../charts/web.ts';
import { checkApp } from '../model/app-check.ts';
import type { CheckedWeb } from '../model/app-schema.ts';
import type { Cluster } from '../model/environment.ts';
import { checkPath } from '../model/environment-schema.ts';
import { pinnedImage } from '../render.ts';

// What a team writes that uses the cdk8s CLI alone, after its guide: a chart per service, in one cdk8s App (`whole`) or, as
// who has met the cost of that does, in one App per environment. The charts are Slipway's own, so that both sides of the
// comparison always render the same objects.

const path = checkPath({ repository, clusters, environments });
const listed = (await Promise.all(Object.values(apps).map((load) => load()))).map(
  ({ app }) => checkApp(app.name, app, path).app as CheckedWeb,
);
const layout = process.env.BENCH_FILES;
const outdir = process.env.CDK8S_OUTDIR ?? 'dist';
const byObject = layout === 'object' ? { yamlOutputType: YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE } : {};
const whole = layout === 'whole' ? new Root({ outdir }) : undefined;

for (const environment of path.environments) {
  const root = whole ?? new Root({ outdir: join(outdir, environment.name), ...byObject });
  // In one App for all, a service stands once per environment.
  const scope = whole ? new Construct(whole, environment.name) : root;
  for (const app of listed) {
    const { reference: image, version } = pinnedImage(app.name, app.image as string);
    const cluster = path.clusters.get(environment.cluster) as Cluster;
    const at = { environment, cluster, path, namespace: environment.name, image, version, identity: {} };
    const chart = new WebChart(scope, app, at);
    // Its object stands in the service's own chart: a second chart per service would slow cdk8s down.
    const [application] = new ApplicationChart(new Root(), app, at).toJson();
    new ApiObject(chart, 'application', application as ApiObjectProps);
  }
  if (!whole) root.synth();
}
whole?.synth();

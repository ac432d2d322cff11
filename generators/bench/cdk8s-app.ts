import { join } from 'node:path';
import { ApiObject, type ApiObjectProps, App as Root, YamlOutputType } from 'cdk8s';
import { apps } from '../../apps/index.ts';
import { environments, repository } from '../../clusters/environments.ts';
import { ApplicationChart } from '../charts/application.ts';
import { WebChart } from '../charts/web.ts';
import type { App } from '../model/app.ts';
import type { CheckedWebService } from '../model/app-schema.ts';
import { pinnedImage } from '../render.ts';

// What a team writes that uses the cdk8s CLI alone, after its guide: one cdk8s App per environment, in it one chart per
// service. The charts are Slipway's own, so that both sides of the comparison always render the same objects.

const listed: readonly unknown[] = Array.isArray(apps) ? apps : await Promise.all(Object.values(apps).map(loaded));

/** An app as `apps/index.ts` gives it, when it is loaded on demand. */
async function loaded(load: unknown): Promise<App> {
  return ((await (load as () => Promise<{ app: App }>)()) as { app: App }).app;
}

for (const environment of environments) {
  const root = new Root({
    outdir: join(process.env.CDK8S_OUTDIR ?? 'dist', environment.name),
    yamlOutputType:
      process.env.BENCH_FILES === 'object'
        ? YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE
        : YamlOutputType.FILE_PER_CHART,
  });
  for (const app of listed as readonly CheckedWebService[]) {
    const { reference: image, version } = pinnedImage(app.name, app.image as string);
    const chart = new WebChart(root, app, { environment, image, version, identity: {} });
    // Its object stands in the service's own chart: a second chart per service would slow cdk8s down.
    const [application] = new ApplicationChart(new Root(), app.name, environment, repository).toJson();
    new ApiObject(chart, 'application', application as ApiObjectProps);
  }
  root.synth();
}

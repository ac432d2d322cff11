import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Refusal } from '../../../generators/model/refusal.ts';
import { NotRunHere } from './artifact.ts';
import { releasePort, reservePort } from './ports.ts';
import type { Container, PodSpec, Volume } from './template.ts';
import { variablesOf } from './variables.ts';

/** The data of a ConfigMap, by key; undefined when there is none of that name. */
export type Configs = (name: string) => Readonly<Record<string, string>> | undefined;

export interface SandboxSettings {
  /** The name of the pod. */
  readonly id: string;
  readonly environment: string;
  readonly spec: PodSpec;
  /** The world's folder. */
  readonly world: string;
  /** `redis:6379` → `127.0.0.1:40123`: where services of its environment are reached on this machine. */
  readonly reach: (value: string) => string;
  readonly configs: Configs;
}

/**
 * What one pod has of this machine: ports, folders and the values that tell its containers of them. Where arguments or
 * variables name a container port, they are told a port of this machine instead; where they name a mounted path, a
 * folder. What a claim holds outlives the pod; everything else goes with it.
 */
export class Sandbox {
  /** A folder of the pod's own. */
  readonly dir: string;
  readonly #settings: SandboxSettings;
  readonly #containers: readonly Container[];
  readonly #ports = new Map<number, number>();

  constructor(settings: SandboxSettings) {
    const { world, environment, id, spec } = settings;
    this.#settings = settings;
    this.dir = join(world, 'pods', environment, id);
    this.#containers = [...(spec.initContainers ?? []), ...spec.containers];
  }

  /** Makes folders and files, and reserves ports. @throws {NotRunHere} for a volume that this machine does not have */
  async prepare(): Promise<void> {
    const { spec } = this.#settings;
    await rm(this.dir, { recursive: true, force: true });
    await mkdir(this.dir, { recursive: true });
    for (const volume of spec.volumes ?? []) await this.#fill(volume);
    for (const { volumeMounts = [] } of this.#containers) {
      for (const { name } of volumeMounts) await mkdir(this.#folder(name), { recursive: true });
    }
    for (const container of this.#containers) await this.choosePorts(container);
  }

  /** Gives a container other ports than it had. */
  async choosePorts({ ports = [] }: Container): Promise<void> {
    for (const { containerPort } of ports) {
      const before = this.#ports.get(containerPort);
      this.#ports.set(containerPort, await reservePort());
      if (before !== undefined) releasePort(before);
    }
  }

  /** The port of this machine behind a container's port, given by number or name. */
  port(target: string | number): number | undefined {
    const all = this.#containers.flatMap(({ ports = [] }) => ports);
    const found = all.find(({ name, containerPort }) => name === target || String(containerPort) === String(target));
    return found && this.#ports.get(found.containerPort);
  }

  /** A value as it is said to a container of this machine. */
  local({ volumeMounts = [] }: Container, value: string): string {
    const port = /^\d+$/.test(value) ? this.#ports.get(Number(value)) : undefined;
    if (port !== undefined) return String(port);
    let said = this.#settings.reach(value);
    // Where it shall listen on every address of its pod, it gets the one that this machine has for itself.
    said = said.replace(/(?<=^|=):(\d+)$/, (address, number) => {
      const own = this.#ports.get(Number(number));
      return own === undefined ? address : `127.0.0.1:${own}`;
    });
    said = said.replace(/(?<![\w.-])(localhost|127\.0\.0\.1):(\d+)(?!\d)/g, (address, host, number) => {
      const own = this.#ports.get(Number(number));
      return own === undefined ? address : `${host}:${own}`;
    });
    // The longest first: one mount may lie inside another. Each path is replaced once, so that no folder of the world
    // that happens to hold a mounted path is replaced again.
    const mounts = volumeMounts.toSorted((one, other) => other.mountPath.length - one.mountPath.length);
    if (mounts.length === 0) return said;
    const paths = mounts.map(({ mountPath }) => mountPath.replace(/\/$/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return said.replace(new RegExp(`(?<![\\w./-])(?:${paths.join('|')})(?![\\w.-])`, 'g'), (path) => {
      const mount = mounts.find(({ mountPath }) => mountPath.replace(/\/$/, '') === path);
      return mount ? join(this.#folder(mount.name), mount.subPath ?? '') : path;
    });
  }

  /** The variables of a container. @throws {NotRunHere} naming a secret that it needs */
  variables(container: Container): Record<string, string> {
    const { id, environment, configs } = this.#settings;
    const said = variablesOf(container, { 'metadata.name': id, 'metadata.namespace': environment }, configs);
    return Object.fromEntries(Object.entries(said).map(([name, value]) => [name, this.local(container, value)]));
  }

  /** Gives everything back but what claims hold. */
  async remove(): Promise<void> {
    for (const port of this.#ports.values()) releasePort(port);
    this.#ports.clear();
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }).catch(() => {});
  }

  /** A mount that no volume of the pod explains is a claim of its StatefulSet. */
  #folder(name: string): string {
    const { spec, world, environment, id } = this.#settings;
    const volume = spec.volumes?.find((candidate) => candidate.name === name);
    if (!volume) return join(world, 'volumes', environment, id, name);
    const claim = volume.persistentVolumeClaim?.claimName;
    return claim === undefined ? join(this.dir, name) : join(world, 'volumes', environment, 'claims', claim);
  }

  async #fill(volume: Volume): Promise<void> {
    const { id, configs } = this.#settings;
    const { name, configMap, secret } = volume;
    if (secret && !secret.optional) throw new NotRunHere(needs(id, `the secret ${secret.secretName}`));
    if (!configMap) {
      const known = ['emptyDir', 'secret', 'persistentVolumeClaim'].some((kind) => kind in volume);
      const [kind] = Object.keys(volume).filter((key) => key !== 'name');
      if (!known) throw new NotRunHere(needs(id, `the volume ${name} of kind ${kind}`));
      return;
    }
    const data = configs(configMap.name);
    if (!data && !configMap.optional)
      throw new Refusal(`${id} mounts the ConfigMap ${configMap.name}, which is not there`);
    const items = configMap.items ?? Object.keys(data ?? {}).map((key) => ({ key, path: key }));
    for (const { key, path } of items) {
      const file = join(this.dir, name, path);
      const text = data?.[key];
      if (text === undefined) continue;
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }
}

const needs = (id: string, what: string) => `${id} needs ${what}, which this machine does not have`;

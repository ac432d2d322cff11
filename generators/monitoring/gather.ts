/** The labels by which ConfigMaps are gathered, where their value is `1`. Grafana's is the one that its own chart has. */
export const gathered = {
  rules: 'slipway.dev/rules',
  probes: 'slipway.dev/probes',
  dashboards: 'grafana_dashboard',
} as const;

/** The namespaces that are looked into, and the environment that each speaks for: `{ dev: 'dev', ci: 'platform-nonprod' }`. */
export type Gathering = Readonly<Record<keyof typeof gathered, Readonly<Record<string, string>>>>;

/**
 * A program for Node alone, which runs beside Prometheus, blackbox and Grafana: it lists ConfigMaps by label, one
 * namespace after the other, and makes a folder of files of them. Who may write into one namespace reaches no further:
 *  - A file is called after its namespace, and only what comes from there changes or removes it.
 *  - A rule has its own environment as label, in the one form that a render gives it, so that none stops the gate of
 *    another environment or silences it; a probe has the name and the fields of ours.
 *  - No file, no namespace and no answer may be larger than `most`. Nothing in them is fetched or run.
 *
 * What is refused, and a namespace that cannot be listed, keep what they had. The file `gathered` is written anew after a
 * look that saw every namespace, and says how many files are refused.
 *
 * Arguments: `rules`, `probes` or `dashboards`; the folder; where the token and the CA of the account are; how many
 * seconds to wait between two looks, 0 looks once.
 */
export const gatherer = (from: Gathering): string =>
  // Double quotes: these are no imports of ours.
  `// Made by generators/monitoring/gather.ts.
const labels = ${JSON.stringify(gathered)};
const from = ${JSON.stringify(from)};
${program}`;

const program = String.raw`
import fs from "node:fs";
import https from "node:https";
import { join } from "node:path";
import host from "node:process";

const [what, folder, account, pause] = host.argv.slice(2);
const { KUBERNETES_SERVICE_HOST: server, KUBERNETES_SERVICE_PORT: port } = host.env;
const namespaces = Object.keys(from[what]);
const most = { files: 500, file: 256 * 1024, namespace: 2 * 1024 * 1024, answer: 8 * 1024 * 1024 };

const scalar = "(?:'(?:[^']|'')*'|\"(?:[^\"\\\\]|\\\\.)*\"|(?![-?:] )[^\\s'\"|>&*!{}\\[\\]#%@\u0060,](?:(?!: | #).)*)";
const form = {
  groups: /^groups:$/,
  name: RegExp("^  - name: " + scalar + "$"),
  interval: /^    interval: \w+$/,
  rules: /^    rules:$/,
  rule: RegExp("^      - (alert|record): (" + scalar + ")$"),
  field: RegExp("^        (expr|for|keep_firing_for): (" + scalar + "|[|>][-+]?)$"),
  section: /^        (labels|annotations):$/,
  entry: RegExp("^          ([A-Za-z_]\\w*): (" + scalar + "|[|>][-+]?)$"),
};

// Strictly the form of a render: whatever YAML can say in another way is refused and not understood.
function whyNoRules(text, speaks) {
  const lines = text.split("\n");
  if (lines.pop() !== "" || !form.groups.test(lines.shift())) return "it is no file of rules as a render makes it";
  let rule, block = 0;
  const whole = () => {
    if (!rule) return;
    if (rule.labels?.get("namespace") !== speaks) return "a rule is not about " + speaks;
    if (rule.labels.has("covers")) return "a rule silences others: covers";
    if (rule.kind === "alert" && !["page", "ticket"].includes(rule.labels.get("severity"))) return "severity is page or ticket";
  };
  for (const [at, line] of lines.entries()) {
    if (block && (line.trim() === "" || line.startsWith(" ".repeat(block)))) continue;
    block = 0;
    const [, kind] = form.rule.exec(line) ?? [];
    const [, section] = form.section.exec(line) ?? [];
    const [, key, value] = (rule?.section ? form.entry.exec(line) : undefined) ?? [];
    const field = form.field.exec(line);
    const head = form.name.test(line) || form.interval.test(line) || form.rules.test(line);
    if (kind || head) {
      const why = whole();
      if (why) return why;
      rule = kind ? { kind } : undefined;
    } else if (rule && section && !rule[section]) rule[(rule.section = section)] = new Map();
    else if (key && !rule[rule.section].has(key)) rule[rule.section].set(key, value.replace(/^'(.*)'$/, "$1"));
    else if (rule && field) rule.section = undefined;
    else return "line " + (at + 2) + " is in no form that a render makes";
    if (/: [|>][-+]?$/.test(line)) block = key ? 12 : 10;
  }
  return whole();
}

const probe = RegExp("^ {4,}(?:- " + scalar + "|(?:prober|timeout|method|Accept|follow_redirects|preferred_ip_protocol|body_size_limit): " + scalar + "|(?:http|headers|valid_status_codes|fail_if_body_not_matches_regexp):)$");
function whyNoProbes(text, speaks, namespace) {
  const [first, second = "", ...lines] = text.split("\n");
  const module = RegExp("^  " + namespace + "-[a-z0-9-]+:$");
  if (first !== "modules:" || !module.test(second) || lines.pop() !== "") return "it is no file of probes as a render makes it";
  const wrong = lines.findIndex((line) => !module.test(line) && !probe.test(line));
  if (wrong >= 0) return "line " + (wrong + 3) + " is in no form that a render makes";
}

function whyNoDashboard(text) {
  try {
    JSON.parse(text);
  } catch {
    return "it is no JSON";
  }
}

const whyNot = { rules: whyNoRules, probes: whyNoProbes, dashboards: whyNoDashboard }[what];
const ends = what === "dashboards" ? ".json" : ".yaml";

// Of dev and dev-two, dev-two-shop.yaml belongs to the second.
const ownerOf = (name) =>
  what === "dashboards"
    ? namespaces[0]
    : namespaces.filter((one) => name.startsWith(one + "-")).sort((a, b) => b.length - a.length)[0];

const said = new Map();
function say(level, about, message) {
  if (said.get(about) === message) return;
  if (said.size > 10_000) said.clear();
  said.set(about, message);
  console.log(JSON.stringify({ level, message, about }));
}

const list = (namespace) =>
  new Promise((resolve, reject) => {
    const path = "/api/v1/namespaces/" + namespace + "/configmaps?labelSelector=" + encodeURIComponent(labels[what] + "=1");
    const read = (file) => fs.readFileSync(join(account, file), "utf8");
    const headers = { accept: "application/json", authorization: "Bearer " + read("token").trim() };
    const signal = AbortSignal.timeout(15_000);
    const request = https.get({ host: server, port, path, headers, ca: read("ca.crt"), agent: false, signal }, (response) => {
      const parts = [];
      let size = 0;
      response.on("error", reject);
      response.on("data", (part) => {
        size += part.length;
        if (size > most.answer) request.destroy(Error("the answer is larger than " + most.answer + " bytes"));
        parts.push(part);
      });
      response.on("end", () => {
        const text = Buffer.concat(parts).toString();
        if (response.statusCode !== 200) return reject(Error("it answers " + response.statusCode));
        try {
          const { kind, items } = JSON.parse(text);
          if (kind !== "ConfigMapList") throw Error("it answers with " + kind);
          resolve(items ?? []);
        } catch (error) {
          reject(error);
        }
      });
    });
    request.on("error", reject);
  });

function whyNoFile(namespace, name, text, files, size) {
  if (!/^[a-z0-9][a-z0-9.-]{0,200}$/.test(name) || !name.endsWith(ends) || ownerOf(name) !== namespace)
    return "a file of " + namespace + " has no such name";
  if (files.has(name)) return "another ConfigMap of " + namespace + " has this file, too";
  if (Buffer.byteLength(text) > most.file) return "it is larger than " + most.file + " bytes";
  if (size > most.namespace) return "those of " + namespace + " are together larger than " + most.namespace + " bytes";
  if (/[^\n\x20-\x7e\xa0-\u2027\u202a-\ufefe\uff00-\uffff]/.test(text)) return "it has a character that no render writes";
  return whyNot(text, from[what][namespace], namespace);
}

// Whole or not at all, for whoever reads it.
function put(file, text) {
  fs.writeFileSync(file + ".new", text);
  fs.renameSync(file + ".new", file);
}

// Returns how many were refused.
function take(namespace, items) {
  const files = new Map();
  const refused = new Set();
  let size = 0;
  const all = items.flatMap(({ metadata, data }) => Object.entries(data ?? {}).map(([name, text]) => [metadata.name, name, text]));
  if (all.length > most.files) throw Error("it has more than " + most.files + " files");
  for (const [map, name, text] of all.sort()) {
    const about = namespace + "/" + map + "/" + name;
    const why = whyNoFile(namespace, name, text, files, size + Buffer.byteLength(text));
    if (why) {
      refused.add(name);
      say("error", about, "refused: " + why);
      continue;
    }
    said.delete(about);
    files.set(name, text);
    size += Buffer.byteLength(text);
  }
  for (const [name, text] of files) {
    const file = join(folder, name);
    if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === text) continue;
    put(file, text);
    console.log(JSON.stringify({ level: "info", message: "gathered", about: name }));
  }
  for (const name of fs.readdirSync(folder)) {
    if (!name.endsWith(ends) || ownerOf(name) !== namespace || files.has(name) || refused.has(name)) continue;
    fs.rmSync(join(folder, name));
    console.log(JSON.stringify({ level: "info", message: "removed", about: name }));
  }
  return refused.size;
}

async function look() {
  let refused = 0;
  let whole = true;
  for (const namespace of namespaces) {
    try {
      refused += take(namespace, await list(namespace));
      say("info", namespace, "listed");
    } catch (error) {
      whole = false;
      say("error", namespace, "keeps what it had: " + error.message);
    }
  }
  if (whole) put(join(folder, "gathered"), refused + "\n");
}

// The first process of a container would not hear it.
host.on("SIGTERM", () => host.exit(0));
do {
  await look();
  await new Promise((resolve) => setTimeout(resolve, pause * 1000));
} while (pause > 0);
`;

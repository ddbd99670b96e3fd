// The graphs of one model. Their files come together; each is opened when it is first needed, as that takes longer than a click should:
// what answers the first click is opened first, the rest meanwhile.

import type { FileSpec, Manifest } from "../../protocol/manifest";
import type { Backend } from "../../protocol/worker";
import { fetchNamed } from "./files";
import { Graph } from "./runtime";

export type GraphName = keyof Manifest["graphs"];

/** In the order in which they are needed. */
const NAMES: readonly GraphName[] = ["first", "prepare", "decode", "prompt_mask"];

export class Graphs {
  private readonly opened = new Map<GraphName, Promise<Graph>>();

  private constructor(
    private readonly manifest: Manifest,
    private readonly backend: Backend,
    /** Emptied when all graphs are open. */
    private readonly files: Map<string, ArrayBuffer>,
  ) {}

  /** Throws DecoderErrors "fetch_failed" and "bad_hash". */
  static async fetch(manifest: Manifest, manifestUrl: URL, backend: Backend): Promise<Graphs> {
    const { graphs, weights } = manifest;
    const specs = [weights, ...NAMES.flatMap((name) => graphs[name] ?? [])];
    const read = async (spec: FileSpec) => {
      const url = new URL(spec.file, manifestUrl);
      url.searchParams.set("v", spec.sha256);
      return [spec.file, await fetchNamed(url, spec.sha256)] as const;
    };
    return new Graphs(manifest, backend, new Map(await Promise.all(specs.map(read))));
  }

  /** After `fetchRuntime`. */
  get(name: GraphName): Promise<Graph> {
    const known = this.opened.get(name);
    if (known) return known;
    const graph = this.open(name);
    this.opened.set(name, graph);
    return graph;
  }

  /** Opens one that is not open yet; false when all are. */
  async openNext(): Promise<boolean> {
    const next = NAMES.find((name) => this.manifest.graphs[name] && !this.opened.has(name));
    if (!next) return false;
    await this.get(next);
    return true;
  }

  async close(): Promise<void> {
    for (const graph of this.opened.values()) await (await graph).close();
  }

  private async open(name: GraphName): Promise<Graph> {
    const { graphs, weights } = this.manifest;
    const spec = graphs[name];
    const [bytes, shared] = [spec && this.files.get(spec.file), this.files.get(weights.file)];
    if (!spec || !bytes || !shared) throw new Error(`there is no graph ${name}`);
    const graph = await Graph.open(spec, bytes, { path: weights.file, data: new Uint8Array(shared) }, this.backend);
    this.files.delete(spec.file);
    if (this.files.size === 1) this.files.clear();
    return graph;
  }
}

// The graphs of one model. Their files come together; each is opened when it is first needed, as that takes longer than a click should:
// what answers the first click is opened first, the rest meanwhile.

import type { FileSpec, Manifest } from "../../protocol/manifest";
import type { Backend } from "../../protocol/worker";
import { fetchNamed } from "./files";
import { Graph } from "./runtime";

export type GraphName = keyof Manifest["graphs"];

/** In the order in which they are needed. */
const NAMES: readonly GraphName[] = ["first", "prepare", "decode", "decode_rows", "prompt_mask"];

/** Clicks are answered by one of two graphs: `decode_rows` where our own kernel does the rest, on WASM. */
function namesFor({ graphs }: Manifest, backend: Backend): readonly GraphName[] {
  const other = backend === "wasm" && graphs.decode_rows ? "decode" : "decode_rows";
  return NAMES.filter((name) => name !== other && graphs[name]);
}

export class Graphs {
  private readonly opened = new Map<GraphName, Promise<Graph>>();

  private constructor(
    private readonly manifest: Manifest,
    private readonly names: readonly GraphName[],
    private readonly backend: Backend,
    /** Emptied when all graphs are open. */
    private readonly files: Map<string, ArrayBuffer>,
  ) {}

  /** Throws DecoderErrors "fetch_failed" and "bad_hash". */
  static async fetch(manifest: Manifest, manifestUrl: URL, backend: Backend): Promise<Graphs> {
    const { graphs, weights } = manifest;
    const names = namesFor(manifest, backend);
    const specs = [weights, ...names.flatMap((name) => graphs[name] ?? [])];
    const read = async (spec: FileSpec) => {
      const url = new URL(spec.file, manifestUrl);
      url.searchParams.set("v", spec.sha256);
      return [spec.file, await fetchNamed(url, spec.sha256)] as const;
    };
    return new Graphs(manifest, names, backend, new Map(await Promise.all(specs.map(read))));
  }

  /** What answers clicks. */
  get decodes(): "decode" | "decode_rows" {
    return this.names.includes("decode") ? "decode" : "decode_rows";
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
    const next = this.names.find((name) => !this.opened.has(name));
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

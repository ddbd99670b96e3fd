// The last part of the re-associated decoder (`Upscaling` in sam_core/modeling/absorbed/planes.py), by a kernel of our own: see
// ../kernel/upscaler.ts. One for all models; what a model brings comes with each call.

/** What the graph `decode_rows` gives. */
export interface Upscaling {
  /** [places * 4, mid] */
  readonly rows: Float32Array;
  /** [2, mid] */
  readonly norm: Float32Array;
  readonly eps: Float32Array;
  /** [sub-pixels * channels / 8, mid, 8] */
  readonly second: Float32Array;
  readonly second_bias: Float32Array;
  /** [planes, channels] */
  readonly plane_weights: Float32Array;
}

interface Kernel {
  run(): void;
}

/** What a helper is sent, once: it waits for work then. */
export interface HelperStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

const PAGE = 65_536;
/** As the kernel was built: 64 MiB. It takes 6 for the official models. */
const MOST_PAGES = 1024;
/** Where the job's numbers lie, and what may lie behind them. */
const JOB = 64;
const START = 256;
const ALIGNMENT = 64;
const CHUNK_ROWS = 32;
const THREADS = 2;

export class Upscaler {
  private constructor(
    private readonly kernel: Kernel,
    private readonly memory: WebAssembly.Memory,
  ) {}

  /** startHelper: makes a second thread of a HelperStart, if there shall be one. */
  static async open(code: BufferSource, startHelper: ((start: HelperStart) => void) | null): Promise<Upscaler> {
    // Shared in any case, as the kernel was built for it: like ONNX Runtime's, it may be where no other thread can have it.
    const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
    const { module, instance } = await WebAssembly.instantiate(code, { env: { memory } });
    startHelper?.({ module, memory });
    return new Upscaler(instance.exports as unknown as Kernel, memory);
  }

  /** cells: rows and columns of places; step: 2 where all sub-pixels are wanted, else 1. Logits [planes, 2*step*rows, 2*step*columns]. */
  planes(parts: Upscaling, cells: { readonly rows: number; readonly columns: number }, step: 1 | 2): Float32Array {
    const places = cells.rows * cells.columns;
    const [mid, channels] = [parts.norm.length / 2, parts.second_bias.length];
    const planes = parts.plane_weights.length / channels;
    const size = 4 * step * step * places * planes;
    if (parts.rows.length !== 4 * places * mid || parts.second.length !== step * step * channels * mid) {
      throw new Error("the decoder's rows have other sizes than was asked for");
    }
    const given = [parts.rows, parts.norm, parts.eps, parts.second, parts.second_bias, parts.plane_weights];
    let end = START;
    const take = (floats: number) => {
      const at = end;
      end = at + Math.ceil((4 * floats) / ALIGNMENT) * ALIGNMENT;
      return at;
    };
    const scratch = take(THREADS * CHUNK_ROWS * (mid + step * step * channels));
    const addresses = given.map((data) => take(data.length));
    const logits = take(size);
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / PAGE);
    if (missing > 0) this.memory.grow(missing);
    const floats = new Float32Array(this.memory.buffer);
    for (const [index, data] of given.entries()) floats.set(data, addresses[index]! / 4);
    const job = [places, cells.columns, mid, channels, step, planes, scratch, ...addresses, logits];
    new Int32Array(this.memory.buffer).set(job, JOB / 4);
    this.kernel.run();
    return floats.slice(logits / 4, logits / 4 + size);
  }
}

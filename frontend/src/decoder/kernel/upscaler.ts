// AssemblyScript, built by ../../../kernel.ts: what `Upscaling.planes` in sam_core/modeling/absorbed/planes.py does, in one go. A few
// rows at a time go through layer norm, GELU, product, GELU and the planes' products while they are in the processor's cache; ONNX
// Runtime sends all of them through memory at each step, and its GELU alone takes as long as all of this.
//
// Two threads share one memory, an instance for each. Whoever has time takes the next chunk of places, so that a helper that comes late
// costs nothing.

/** Places of the embedding in a chunk. */
const CHUNK: i32 = 8;
/** Of a place, after the first transposed convolution. */
const ROWS: i32 = 4;

// Where the threads meet, in bytes.
/** Chunks that nobody has taken. */
const LEFT: usize = 0;
const DONE: usize = 4;
/** Counts the jobs: the helper sleeps on it. */
const WAKE: usize = 8;
/** The job's numbers, 4 bytes each, in the order of `job` in ../worker/upscaler.ts. They stand still until all chunks are done. */
const JOB: usize = 64;

@inline function places(): i32 { return load<i32>(JOB); }
@inline function columns(): i32 { return load<i32>(JOB, 4); }
@inline function mid(): i32 { return load<i32>(JOB, 8); }
@inline function channels(): i32 { return load<i32>(JOB, 12); }
/** Sub-pixels of each row to compute along a side: 1 or 2. */
@inline function step(): i32 { return load<i32>(JOB, 16); }
@inline function planes(): i32 { return load<i32>(JOB, 20); }
@inline function scratch(): usize { return load<u32>(JOB, 24); }
@inline function rows(): usize { return load<u32>(JOB, 28); }
@inline function norm(): usize { return load<u32>(JOB, 32); }
@inline function eps(): f32 { return load<f32>(load<u32>(JOB, 36)); }
@inline function second(): usize { return load<u32>(JOB, 40); }
@inline function secondBias(): usize { return load<u32>(JOB, 44); }
@inline function weights(): usize { return load<u32>(JOB, 48); }
@inline function logits(): usize { return load<u32>(JOB, 52); }

@inline function madd(a: v128, b: v128, c: v128): v128 { return f32x4.add(f32x4.mul(a, b), c); }

@inline function sum(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/**
 * x Φ(x). Φ(x) - 1/2 is x times a quotient of polynomials in x², fitted by least squares, weighted until the errors were even: up to
 * 1e-6 in float32. Beyond ±5.2 the normal distribution's tail is less than that.
 */
@inline function gelu(x: v128): v128 {
  const near = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-5.2)), f32x4.splat(5.2));
  const u = f32x4.mul(near, near);
  let p = madd(f32x4.splat(-1.958993678385923e-8), u, f32x4.splat(6.7417540776659735e-6));
  p = madd(p, u, f32x4.splat(0.0005178878200240433));
  p = madd(p, u, f32x4.splat(0.00673948647454381));
  p = madd(p, u, f32x4.splat(0.06997548788785934));
  p = madd(p, u, f32x4.splat(0.39894208312034607));
  let q = madd(f32x4.splat(0.0001755838020471856), u, f32x4.splat(0.003854498965665698));
  q = madd(q, u, f32x4.splat(0.04893066734075546));
  q = madd(q, u, f32x4.splat(0.3420557975769043));
  q = madd(q, u, f32x4.splat(1));
  return f32x4.mul(x, madd(near, f32x4.div(p, q), f32x4.splat(0.5)));
}

/** The job that lies in memory, with whoever helps. */
export function run(): void {
  const chunks = (places() + CHUNK - 1) / CHUNK;
  atomic.store<i32>(DONE, 0);
  atomic.store<i32>(LEFT, chunks);
  atomic.add<i32>(WAKE, 1);
  atomic.notify(WAKE, 1);
  work(0);
  while (atomic.load<i32>(DONE) < chunks) {}
}

/** What the second thread does, for ever. */
export function help(): void {
  while (true) {
    const seen = atomic.load<i32>(WAKE);
    work(1);
    atomic.wait<i32>(WAKE, seen, -1);
  }
}

function work(thread: i32): void {
  while (true) {
    const chunk = atomic.sub<i32>(LEFT, 1) - 1;
    if (chunk < 0) return;
    const from = chunk * CHUNK;
    compute(from, min(CHUNK, places() - from), scratch() + <usize>thread * scratchBytes());
    atomic.add<i32>(DONE, 1);
  }
}

/** Of each thread: a chunk's rows before the second product and after it. */
function scratchBytes(): usize { return 4 * CHUNK * ROWS * (mid() + step() * step() * channels()); }

function compute(from: i32, count: i32, normed: usize): void {
  const upscaled: usize = normed + 4 * CHUNK * ROWS * mid();
  normalise(rows() + 4 * from * ROWS * mid(), count * ROWS, normed);
  multiply(normed, count, upscaled);
  weigh(upscaled, from, count);
}

/** Layer norm, whose means are zero already, and GELU: [count, mid]. */
function normalise(from: usize, count: i32, to: usize): void {
  const bytes: usize = 4 * mid(), weight = norm(), bias = weight + bytes;
  for (let row = 0; row < count; row++) {
    let squares = f32x4.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) {
      const x = v128.load(from + i);
      squares = madd(x, x, squares);
    }
    const inverse = f32x4.splat(1 / Mathf.sqrt(sum(squares) / <f32>mid() + eps()));
    for (let i: usize = 0; i < bytes; i += 16) {
      const x = f32x4.mul(v128.load(from + i), inverse);
      v128.store(to + i, gelu(madd(x, v128.load(weight + i), v128.load(bias + i))));
    }
    from += bytes;
    to += bytes;
  }
}

/** [count * ROWS, mid] times second, bias and GELU: [count * ROWS, sub-pixels * channels]. A place's four rows by eight columns at a time. */
function multiply(from: usize, count: i32, to: usize): void {
  const bytes: usize = 4 * mid(), width: usize = 4 * step() * step() * channels();
  let panel = second();
  for (let column: usize = 0; column < width; column += 32) {
    const bias = secondBias() + (column % (4 * channels()));
    const bias0 = v128.load(bias), bias1 = v128.load(bias, 16);
    let a = from, at = to + column;
    for (let place = 0; place < count; place++) {
      let c00 = bias0, c01 = bias1, c10 = bias0, c11 = bias1, c20 = bias0, c21 = bias1, c30 = bias0, c31 = bias1;
      let b = panel;
      for (const end = a + bytes; a < end; a += 4) {
        const b0 = v128.load(b), b1 = v128.load(b, 16);
        const a0 = v128.load32_splat(a), a1 = v128.load32_splat(a + bytes);
        const a2 = v128.load32_splat(a + 2 * bytes), a3 = v128.load32_splat(a + 3 * bytes);
        c00 = madd(a0, b0, c00); c01 = madd(a0, b1, c01);
        c10 = madd(a1, b0, c10); c11 = madd(a1, b1, c11);
        c20 = madd(a2, b0, c20); c21 = madd(a2, b1, c21);
        c30 = madd(a3, b0, c30); c31 = madd(a3, b1, c31);
        b += 32;
      }
      a += 3 * bytes;
      v128.store(at, gelu(c00)); v128.store(at, gelu(c01), 16); at += width;
      v128.store(at, gelu(c10)); v128.store(at, gelu(c11), 16); at += width;
      v128.store(at, gelu(c20)); v128.store(at, gelu(c21), 16); at += width;
      v128.store(at, gelu(c30)); v128.store(at, gelu(c31), 16); at += width;
    }
    panel += 32 * mid();
  }
}

/** The planes' products, each written where it belongs in its plane. */
function weigh(from: usize, first: i32, count: i32): void {
  const bytes: usize = 4 * channels(), side = step(), across = 2 * side * columns();
  const planeBytes: usize = 4 * 4 * side * side * places();
  for (let row = 0; row < count * ROWS; row++) {
    const place = first + row / ROWS;
    const top = (place / columns() * 2 + (row >> 1 & 1)) * side, left = (place % columns() * 2 + (row & 1)) * side;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        let at: usize = logits() + 4 * ((top + y) * across + left + x), weight = weights();
        for (let plane = planes(); plane > 0; plane--) {
          let products = f32x4.splat(0);
          for (let i: usize = 0; i < bytes; i += 16) products = madd(v128.load(from + i), v128.load(weight + i), products);
          store<f32>(at, sum(products));
          weight += bytes;
          at += planeBytes;
        }
        from += bytes;
      }
    }
  }
}

/** Eigenvectors of symmetric matrices: all of a small one, the first few of a large one. */

export interface Eigen {
  /** In descending order. */
  readonly values: Float64Array;
  /** Orthonormal, in the order of the values. */
  readonly vectors: readonly Float64Array[];
}

const MOST_SWEEPS = 40;
/** Number of vectors iterated together: the more, the sooner the first ones converge. */
const TOGETHER = 16;
const MOST_TURNS = 200;
/** Tolerance for A v - value v, relative to the value or, if that is tiny, to the largest one. */
const STILL = 1e-8;
const ROUNDING = 1e-13;

/**
 * All eigenvectors of a symmetric matrix of `size` rows, by rotating two axes at a time until it is diagonal. (Jacobi
 * 1846; the angle as in Golub and Van Loan, "Matrix Computations", 8.5)
 */
export function jacobi(matrix: Float64Array, size: number): Eigen {
  const a = matrix.slice();
  const v = Float64Array.from(a, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  for (let sweep = 0; sweep < MOST_SWEEPS && beside(a, size) > 1e-30 * dot(a, a); sweep++) {
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) turn(a, v, size, p, q);
  }
  const value = (i: number): number => at(a, i * size + i);
  const order = Array.from({ length: size }, (_, i) => i).sort((i, j) => value(j) - value(i));
  return {
    values: Float64Array.from(order, value),
    vectors: order.map((i) => Float64Array.from({ length: size }, (_, k) => at(v, k * size + i))),
  };
}

/**
 * At least the first `count` (16 at most) eigenvectors of a positive semidefinite matrix: subspace iteration with
 * Rayleigh-Ritz. (Rutishauser 1969)
 */
export function firstEigen(matrix: Float64Array, size: number, count: number): Eigen {
  if (size <= TOGETHER) return jacobi(matrix, size);
  // Shifts all values equally and changes no vector; without it, the vectors of a matrix of low rank would vanish.
  const shift = (1e-6 * trace(matrix, size)) / size;
  let basis = orthonormal(
    Array.from({ length: TOGETHER }, (_, k) =>
      Float64Array.from({ length: size }, (_, i) => Math.sin((k + 1.3) * (i + 1))),
    ),
  );
  for (let n = 0; ; n++) {
    const images = basis.map((vector) => times(matrix, vector));
    const small = Float64Array.from(basis.flatMap((x) => images.map((y) => dot(x, y))));
    const { values, vectors } = jacobi(small, TOGETHER);
    basis = vectors.map((weights) => combine(basis, weights));
    const turned = vectors.map((weights) => combine(images, weights));
    const left = turned.map((image, k) => {
      const rest = added(image, basis[k], -at(values, k));
      return Math.sqrt(dot(rest, rest));
    });
    const still = left
      .slice(0, count)
      .every((rest, k) => rest <= Math.max(STILL * at(values, k), ROUNDING * at(values, 0)));
    if (still || n === MOST_TURNS) return { values, vectors: basis };
    basis = orthonormal(turned.map((image, k) => added(image, basis[k], shift)));
  }
}

/** The sum of the diagonal, which equals that of all eigenvalues. */
export function trace(matrix: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += at(matrix, i * size + i);
  return sum;
}

/** Rotates axes p and q so that their off-diagonal entry becomes 0. */
function turn(a: Float64Array, v: Float64Array, size: number, p: number, q: number): void {
  const between = at(a, p * size + q);
  if (between === 0) return;
  const tau = (at(a, q * size + q) - at(a, p * size + p)) / (2 * between);
  const tangent = (tau < 0 ? -1 : 1) / (Math.abs(tau) + Math.hypot(1, tau));
  const cos = 1 / Math.hypot(1, tangent);
  const sin = tangent * cos;
  for (let k = 0; k < size; k++) mix(a, k * size + p, k * size + q, cos, sin);
  for (let k = 0; k < size; k++) mix(a, p * size + k, q * size + k, cos, sin);
  for (let k = 0; k < size; k++) mix(v, k * size + p, k * size + q, cos, sin);
}

function mix(data: Float64Array, i: number, j: number, cos: number, sin: number): void {
  const x = at(data, i);
  const y = at(data, j);
  data[i] = cos * x - sin * y;
  data[j] = sin * x + cos * y;
}

/** The sum of squares off the diagonal. */
function beside(a: Float64Array, size: number): number {
  return a.reduce((sum, x, i) => (i % (size + 1) === 0 ? sum : sum + x * x), 0);
}

/** Gram-Schmidt, twice, since once leaves rounding errors. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    let x = vector;
    for (let pass = 0; pass < 2; pass++) {
      for (const other of done) x = added(x, other, -dot(x, other));
      const length = Math.sqrt(dot(x, x));
      x = x.map((number) => number / length);
    }
    done.push(x);
  }
  return done;
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  return vector.map((_, i) => dot(matrix.subarray(i * size, (i + 1) * size), vector));
}

function combine(vectors: readonly Float64Array[], weights: Float64Array): Float64Array {
  const sum = new Float64Array(vectors[0]?.length ?? 0);
  vectors.forEach((vector, k) => {
    const weight = at(weights, k);
    for (let i = 0; i < sum.length; i++) sum[i] = at(sum, i) + weight * at(vector, i);
  });
  return sum;
}

function added(x: Float64Array, y: Float64Array | undefined, factor: number): Float64Array {
  return x.map((number, i) => number + factor * (y?.[i] ?? 0));
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += at(x, i) * at(y, i);
  return sum;
}

function at(data: ArrayLike<number>, i: number): number {
  return data[i] ?? Number.NaN;
}

/** The error function in float64. */

/** From here on 2/√π · Σ loses digits to exp, and the fraction gains them: erfc is below 0.005. */
const LARGE = 2;

/** At 2 the rest of the fraction behind this many terms is below 1e-16 of its value. */
const fractionTerms = 60;

/**
 * erf x = 2/√π · ∫₀ˣ exp(−t²) dt, to 1e-15.
 *
 *   x < 2:  erf x = 2/√π · exp(−x²) · Σₙ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1))                  (DLMF 7.6.2)
 *   x ≥ 2:  √π · exp(x²) · erfc x = 1 / (x + ½ / (x + 1 / (x + 3/2 / (x + 2 / (x + …)))))  (DLMF 7.9.1)
 */
export function erf(x: number): number {
  if (x < 0) return -erf(-x);
  if (x < LARGE) {
    let [term, total] = [x, 0];
    for (let n = 1; total + term !== total; n++) {
      total += term;
      term *= (2 * x * x) / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
  }
  let fraction = x;
  for (let n = fractionTerms; n > 0; n--) fraction = x + n / 2 / fraction;
  return 1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

/** A map stretched to [0, 1]. */

/**
 * (A − min A) / (max A − min A), as WSOL's measures take maps (Choe et al. 2020); zeros where the map
 * is the same everywhere.
 */
export function minMaxScaled(map: Float32Array): Float64Array {
  let [low, high] = [Infinity, -Infinity];
  for (const value of map) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const scaled = new Float64Array(map.length);
  if (high === low) return scaled;
  for (let i = 0; i < map.length; i++) scaled[i] = (map[i] - low) / (high - low);
  return scaled;
}

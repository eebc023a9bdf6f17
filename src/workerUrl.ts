/**
 * Where the script of a worker thread lies.
 *
 * Node 20 cannot start a worker from TypeScript, so sources (in tests) use the compiled worker of
 * `dist/`, which `npm test` builds first.
 *
 * @param moduleUrl  `import.meta.url` of the module beside the worker's script.
 * @param name       The script's name without extension.
 */
export function workerUrl(moduleUrl: string, name: string): URL {
  if (!moduleUrl.endsWith(".ts")) return new URL(`./${name}.js`, moduleUrl);
  return new URL(`./${name}.js`, moduleUrl.replace(/\/src\/(?!.*\/src\/)/, "/dist/"));
}

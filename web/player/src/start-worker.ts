// Starts a module worker whose script may lie on another origin than the page.

/** Browsers refuse a worker from another origin, so such a script is imported by a local one. */
export function startModuleWorker(url: URL, name: string): Worker {
  const options: WorkerOptions = { type: "module", name };
  if (url.origin === self.location.origin) return new Worker(url, options);
  const source = `import ${JSON.stringify(url.href)};`;
  const local = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(local, options);
  // The script is fetched by then, or never will be.
  const release = (): void => URL.revokeObjectURL(local);
  worker.addEventListener("message", release, { once: true });
  worker.addEventListener("error", release, { once: true });
  return worker;
}

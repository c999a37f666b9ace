// Starts the app: a file of its own, since the content security policy allows no inline script.

const boot = document.querySelector(".boot");
const names = document.querySelector('meta[name="p2c2r-app"]').dataset;

try {
  const { default: start } = await import(names.module);
  await start({ module_or_path: names.wasm });
} catch (error) {
  if (boot.isConnected) {
    boot.textContent =
      `This page could not start (${error.message}). Use a current Chrome, Edge, Firefox or Safari; ` +
      "if you do, a browser extension or a policy may be blocking WebAssembly.";
  }
  throw error;
}

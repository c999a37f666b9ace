// Puts a script before the first line of every worker that a server's pages start.
//
// A proxy, since the browser's debugger cannot change the scripts of workers of workers.

import { createServer, request } from "node:http";
import { connect } from "node:net";

const WORKER_SCRIPT = /\/[^/]*worker[^/]*\.js$/;

/** Stands before the server at `url`; everything but worker scripts passes unchanged. */
export async function proxyWorkers(url, script) {
  const { hostname, port } = new URL(url);
  const sockets = new Set();
  const keep = (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
  };
  const server = createServer((incoming, response) => {
    const isWorker = WORKER_SCRIPT.test(incoming.url.split("?")[0]);
    const headers = { ...incoming.headers };
    // A compressed script could not be put behind another one.
    if (isWorker) delete headers["accept-encoding"];
    const { method, url: path } = incoming;
    const outgoing = request({ hostname, port, method, path, headers }, (answer) => {
      const answerHeaders = { ...answer.headers };
      if (isWorker) delete answerHeaders["content-length"];
      response.writeHead(answer.statusCode, answerHeaders);
      if (isWorker) response.write(script);
      answer.pipe(response);
    });
    outgoing.on("error", () => response.destroy());
    incoming.pipe(outgoing);
  });
  server.on("connection", keep);
  server.on("upgrade", (incoming, socket, head) => {
    const there = connect(port, hostname, () => {
      const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
      for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
        lines.push(`${incoming.rawHeaders[index]}: ${incoming.rawHeaders[index + 1]}`);
      }
      there.write(`${lines.join("\r\n")}\r\n\r\n`);
      there.write(head);
      socket.pipe(there).pipe(socket);
    });
    keep(there);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        sockets.forEach((socket) => socket.destroy());
      }),
  };
}

// xterm.mjs MODULE SECONDS NAME=FILE...: @xterm/headless on payloads of bench_vt (--payload). Prints JSON: MB/s of the
// best pass for each, by the clock (its garbage is collected by other threads). 80x24, 10,000 lines above the screen.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [module, seconds, ...payloads] = process.argv.slice(2);
const { Terminal } = createRequire(import.meta.url)(module);
const PIECE = 64 << 10;
const result = {};
for (const item of payloads) {
  const [name, file] = item.split("=");
  const bytes = new Uint8Array(readFileSync(file));
  const terminal = new Terminal({ cols: 80, rows: 24, scrollback: 10000, allowProposedApi: true });
  let best = 0, took = 0;
  const begin = performance.now();
  do {
    const t = performance.now();
    // It takes what it is given into a queue, and calls back for each piece: the last one is waited for.
    for (let at = 0; at < bytes.length; at += PIECE)
      terminal.write(bytes.subarray(at, at + PIECE));
    await new Promise((resolve) => terminal.write("", resolve));
    best = Math.max(best, bytes.length / (performance.now() - t) / 1e3);
    took = performance.now() - begin;
  } while (took < seconds * 1000);
  terminal.dispose();
  result[name] = Number(best.toPrecision(4));
}
console.log(JSON.stringify(result));

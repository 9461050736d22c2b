// Runs of the model as wasm. The same function runs in node and, turned into text and back, in a page: it uses nothing
// from outside.

/**
 * @param {{Job: any}} wasm  the bindings, started
 * @param {string} expected  lines of link, column, kernel, hash and events, tab-separated
 * @returns {{line: string, nanos: number}[]}  the same lines with the hash and events that came out here
 */
export function repeat(wasm, expected) {
  return expected.split("\n").filter(Boolean).map((wanted) => {
    const [link, column] = wanted.split("\t");
    const start = performance.now();
    const job = new wasm.Job(link, Number(column));
    while (!job.step(1_000_000)) {}
    const nanos = Math.round((performance.now() - start) * 1e6);
    const outcome = job.finish();
    const { kernel, hash, engineEvents } = outcome.report();
    outcome.free();
    return { line: [link, column, kernel, hash, engineEvents].join("\t"), nanos };
  });
}

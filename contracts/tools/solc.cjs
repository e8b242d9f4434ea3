// The part of the native solc command line that forge and py-solc-x use, over the npm build of the compiler:
// --version, and --standard-json from stdin or a file with --base-path, --include-path and --allow-paths.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");

const packageDir = path.dirname(require.resolve("solc/package.json"));

function loadCompiler() {
  const listeners = process.listeners("unhandledRejection");
  const solc = require("solc");
  // The Emscripten runtime aborts on every rejected promise; Node's own handling is better.
  for (const listener of process.listeners("unhandledRejection")) {
    if (!listeners.includes(listener)) process.removeListener("unhandledRejection", listener);
  }
  return solc;
}

// Only the compiler itself knows its long version (with the commit), and loading it takes most of a second:
// the answer is kept beside the package, whose removal removes it too.
function longVersion() {
  const kept = path.join(packageDir, ".long-version");
  try {
    return fs.readFileSync(kept, "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  const version = loadCompiler().version().replace(/\.Emscripten\.clang$/, ".Linux.g++");
  const temporary = `${kept}.${process.pid}`;
  fs.writeFileSync(temporary, version);
  fs.renameSync(temporary, kept);
  return version;
}

function isInside(directory, file) {
  const relative = path.relative(directory, file);
  return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function importReader({ basePath, includePaths, allowPaths }) {
  const roots = [basePath, ...includePaths];
  const allowed = [...roots, ...allowPaths].map((directory) => fs.realpathSync(directory));

  return (name) => {
    const wanted = name.replace(/^file:\/\//, "");
    const found = roots.map((root) => path.resolve(root, wanted)).find((file) => fs.existsSync(file));
    if (found === undefined) return { error: `File not found. Searched: ${roots.join(", ")}.` };
    const file = fs.realpathSync(found);
    if (!allowed.some((directory) => isInside(directory, file))) {
      return { error: `File outside of allowed directories: ${file}.` };
    }
    return { contents: fs.readFileSync(file, "utf8") };
  };
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      version: { type: "boolean" },
      "standard-json": { type: "boolean" },
      "base-path": { type: "string", default: "." },
      "include-path": { type: "string", multiple: true, default: [] },
      "allow-paths": { type: "string", multiple: true, default: [] },
    },
  });
  if (values.version) {
    process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${longVersion()}\n`);
    return;
  }
  if (!values["standard-json"] || positionals.length > 1) {
    throw new Error("only --version and --standard-json [FILE] are served");
  }
  const input = fs.readFileSync(positionals.length === 0 || positionals[0] === "-" ? 0 : positionals[0], "utf8");
  const readImport = importReader({
    basePath: values["base-path"] || ".",
    includePaths: values["include-path"],
    allowPaths: values["allow-paths"].flatMap((list) => list.split(",")).filter((directory) => directory !== ""),
  });
  process.stdout.write(loadCompiler().compile(input, { import: readImport }));
}

try {
  main();
} catch (error) {
  process.stderr.write(`solc: ${error.message}\n`);
  process.exitCode = 1;
}

// Unpacks the Chromium that npm brought, with the libraries and the font that it brings, into the folder that is named.
// Run by tools/setup where there is no other.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const folder = resolve(process.argv[2]);
rmSync(folder, { recursive: true, force: true }); // what an interrupted run left would be taken for whole
mkdirSync(folder, { recursive: true });
process.env.TMPDIR = folder; // where the package unpacks
const { inflate } = await import("@sparticuz/chromium");

const require = createRequire(import.meta.url);
const packed = join(dirname(dirname(require.resolve("@sparticuz/chromium"))), "bin");
for (const name of ["al2023.tar.br", "fonts.tar.br", "swiftshader.tar.br", "chromium.br"]) {
  await inflate(join(packed, name));
}

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const fonts = [join(folder, "fonts"), join(root, "api/web/node_modules/@embedpdf/fonts-sc"), "/usr/share/fonts"];
writeFileSync(
  join(folder, "fonts.conf"),
  `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>${fonts.map((one) => `<dir>${one}</dir>`).join("")}<cachedir>${join(folder, "font-cache")}</cachedir></fontconfig>
`,
);

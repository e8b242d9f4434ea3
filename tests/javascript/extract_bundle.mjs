// Takes the bundle out of a file, as the checking page does: PDF or JSON in, bundle out; status 1 where there is none.

import { readFileSync } from "node:fs";

import { bundleFromFile } from "../../api/web/static/verify_page/bundle_file.js";

const bundle = await bundleFromFile(new Uint8Array(readFileSync(0)));
if (bundle === null) process.exit(1);
process.stdout.write(bundle);

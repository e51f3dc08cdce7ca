// `npm run clean`: removes what a build or a test run wrote, and nothing that was installed or typed.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

const written = [
  "coverage",
  "test/docs/generated",
  "node_modules/.syncline-build",
  ...["packages", "demos", "bench"].flatMap((top) =>
    readdirSync(join(root, top)).map((name) => `${top}/${name}/dist`),
  ),
];

for (const path of written) rmSync(join(root, path), { recursive: true, force: true });

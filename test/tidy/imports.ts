/** Reads a module's imports from its text. Formatted code only: a statement begins its line. */

const statement = /^(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"/gmu;
const sideEffect = /^import\s+"([^"]+)"/gmu;
const dynamic = /\bimport\(\s*"([^"]+)"/gu;
const inType = /\bimport\("([^"]+)"\)\./gu;
const byAddress = /\bnew URL\(\s*"(\.[^"]+)",\s*import\.meta\.url/gu;

/** Every module that the text names: imported, re-exported, loaded later, or started as a worker. */
export const importsOf = (text: string): readonly string[] => {
  const code = text.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gmu, "");
  return [statement, sideEffect, dynamic, inType, byAddress].flatMap((pattern) =>
    [...code.matchAll(pattern)].map(([, id = ""]) => id),
  );
};

/** The folder in `packages/` that an import leads to, or null if it leads elsewhere. */
export const folderOf = (id: string): string | null => {
  if (id === "syncline" || id.startsWith("syncline/")) return "client";
  return /^@syncline\/([^/]+)/u.exec(id)?.[1] ?? null;
};

/**
 * The package that an import needs installed: `lib0` for `lib0/encoding`.
 *
 * Null for a file, a module of Node's, or a name out of the package's own `imports`.
 */
export const packageOf = (id: string): string | null => {
  if (/^(?:\.|#|node:)/u.test(id)) return null;
  return id
    .split("/")
    .slice(0, id.startsWith("@") ? 2 : 1)
    .join("/");
};

/** The path that a relative import means, seen from the file that has it. A worker's `.js` is its `.ts`. */
export const resolveFrom = (path: string, id: string): string => {
  const segments = path.split("/").slice(0, -1);
  for (const segment of id.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== ".") segments.push(segment);
  }
  return segments.join("/").replace(/\.js$/u, ".ts");
};

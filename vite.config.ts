import { defineConfig } from "vite";

// The demos' page runs the TypeScript sources of every package.
export default defineConfig({
  resolve: { conditions: ["@syncline/source", "module", "browser", "development|production"] },
});

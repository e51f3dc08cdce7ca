import { defineConfig } from "vite";

// The demos' page runs the TypeScript sources of every package. The relays are those of a running `npm start`.
export default defineConfig({
  resolve: { conditions: ["@syncline/source", "module", "browser", "development|production"] },
  plugins: [
    {
      name: "demos-from-sources",
      transformIndexHtml: {
        order: "pre",
        handler: (html) => html.replaceAll("dist/main.js", "main.ts"),
      },
    },
  ],
  // An object, since the short form would change the Host header, by which the panel knows its own page.
  server: { proxy: { "/api": { target: "http://127.0.0.1:8080" } } },
});

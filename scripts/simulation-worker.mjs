// One process of a long simulation: takes a range of seeds at a time, and answers with what came of them.
import { pathToFileURL } from "node:url";

const { runSeeds } = await import(pathToFileURL(process.argv[2]));

process.on("message", async ({ from, to, isFirstEnough }) => {
  const isEnough = ({ failures }) => isFirstEnough && failures.length > 0;
  process.send(await runSeeds(from, to, isEnough));
});

// Nobody is left to answer to.
process.on("disconnect", () => process.exit());

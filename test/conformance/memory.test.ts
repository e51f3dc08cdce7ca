import { openMemoryStore } from "@syncline/storage/memory";
import { describeStore } from "./store.ts";

describeStore("the store in memory", {
  isDurable: false,
  makeSite: async () => ({ open: async () => openMemoryStore(), remove: async () => undefined }),
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLmdbStore } from "@syncline/storage/lmdb";
import { canMountSmallDisk, mountSmallDisk } from "../fixtures/small-disk.ts";
import type { StoreSite } from "./store-site.ts";
import { describeStore } from "./store.ts";

const siteIn = (directory: string, remove: () => Promise<void>): StoreSite => ({
  open: () => openLmdbStore(directory),
  remove,
});

describeStore("the store on LMDB", {
  isDurable: true,
  makeSite: async () => {
    const folder = await mkdtemp(join(tmpdir(), "syncline-store-"));
    return siteIn(join(folder, "data"), () => rm(folder, { recursive: true }));
  },
  ...(canMountSmallDisk("a write to a full disk") && {
    makeSmallSite: async () => {
      const disk = mountSmallDisk();
      return siteIn(join(disk.folder, "data"), async () => disk.unmount());
    },
  }),
});

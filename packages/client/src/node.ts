export { fileReplicas } from "./file-replicas.ts";

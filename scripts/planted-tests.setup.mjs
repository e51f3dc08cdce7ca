// A planted bug is found by the first example; the smallest one is not looked for.
import { configureGlobal } from "fast-check";

configureGlobal({ endOnFailure: true });

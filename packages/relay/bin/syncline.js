#!/usr/bin/env node
// The command stands here because npm links it at install, when there is no dist/ yet.
import "../dist/cli.js";

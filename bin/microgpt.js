#!/usr/bin/env node
// Not built but committed, so that npm finds it to link whether or not there has been a build.
import "../dist/cli.js";

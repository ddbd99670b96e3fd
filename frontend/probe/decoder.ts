// The decoder without the rest of the page, for tests that compare it with sam_core: tests/e2e/test_decoder.py.
import { Backends } from "../src/decoder/backends";
import { DecoderClient } from "../src/decoder/client";

Object.assign(window, { Backends, DecoderClient });

// What the server packs for a chart, unpacked.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { stage } from "./stage.mjs";

const world = { window: {}, document: { createElement: () => ({ getContext: () => ({}) }) } };
const { unpack, revisionOf } = stage("plot.js", "unpack, revisionOf", { ...world, Blob, Response, DecompressionStream, TextDecoder });
const SAID = { figure: { data: [], layout: { height: 3 } }, beside: { title: "‖∇W‖ by step" } };
const bytes = (text) => new TextEncoder().encode(text);
const packed = (content) => Uint8Array.from([...bytes("0123abcd"), ...content]);

test("what a person waits for is there at once", () => {
  const taken = [];
  unpack(packed(bytes(JSON.stringify(SAID))), (said) => taken.push(said));
  assert.equal(JSON.stringify(taken), JSON.stringify([SAID])); // of another realm
});

test("what comes compressed is the same", async () => {
  const data = packed(deflateSync(JSON.stringify(SAID)));
  assert.equal(JSON.stringify(await new Promise((take) => unpack(data, take))), JSON.stringify(SAID));
  assert.equal(revisionOf(data), "0123abcd");
});

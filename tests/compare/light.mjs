// SPDX-License-Identifier: Apache-2.0
// Codes that lose their neighbours: what @ngraveio/bc-ur, qrloop and luby-transform take to bring the
// same bytes across the same losses as our fountain, in codes seen for each that it cannot do without,
// and in time of the processor on both sides.
//
//   node light.mjs FOLDER BENCH [--quick]
//
// FOLDER holds the peers as npm installed them; BENCH is the built bench_frames. Each peer gets the
// fragment size that makes k fragments. Exits with 1 when ours takes more than 0.05 symbols over k on
// average, or when a peer does too: that would be news.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const modules = join(resolve(process.argv[2]), 'node_modules')
const bench = resolve(process.argv[3])
const quick = process.argv.includes('--quick')
const require = createRequire(join(modules, 'here.js'))
const { UR, UREncoder, URDecoder } = require('@ngraveio/bc-ur')
const qrloop = require('qrloop')
const luby = await import(pathToFileURL(join(modules, 'luby-transform/dist/index.mjs')).href)

const FRAGMENT = 200
const GIVE_UP = 6 // times k codes seen
const seed = Number(process.env.VALISE_TEST_SEED ?? 1)

// mulberry32: the losses are the same in every run
function dice(start) {
  let state = start >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const cpu = () => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000

// Each peer: what it makes of the bytes, a source of codes in the order it shows them, a receiver that
// says when it has all, and the bytes that come out.
const peers = {
  'bc-ur 1.1.13': (bytes, k) => {
    const encoder = new UREncoder(UR.fromBuffer(bytes), Math.ceil(bytes.length / k) + 1)
    const decoder = new URDecoder()
    return {
      k: encoder.fragmentsLength,
      next: () => encoder.nextPart(),
      take: code => (decoder.receivePart(code), decoder.isComplete()),
      bytes: () => decoder.resultUR().decodeCBOR(),
    }
  },
  'qrloop 1.4.1': (bytes, k) => {
    const size = Math.ceil(bytes.length / k)
    const frames = qrloop.dataToFrames(bytes, size, 2 * GIVE_UP)
    let at = 0
    let state = null
    return {
      k: qrloop.totalNumberOfFrames(qrloop.parseFramesReducer(null, frames[0])),
      next: () => frames[at++ % frames.length],
      take: code => ((state = qrloop.parseFramesReducer(state, code)),
        qrloop.areFramesComplete(state)),
      bytes: () => qrloop.framesToData(state),
    }
  },
  'luby-transform 0.2.0': (bytes, k) => {
    const encoder = luby.createEncoder(new Uint8Array(bytes), Math.ceil(bytes.length / k))
    const source = encoder.fountain()
    const decoder = luby.createDecoder()
    return {
      k: encoder.k,
      next: () => source.next().value,
      take: block => decoder.addBlock(block),
      bytes: () => decoder.getDecoded(),
    }
  },
}

function show(make, k, loss, late, random) {
  const bytes = Buffer.from(Array.from({ length: k * FRAGMENT - 30 }, () => Math.floor(random() * 256)))
  let at = cpu()
  const peer = make(bytes, k)
  let encode = cpu() - at
  let decode = 0
  let seen = 0
  for (let number = 0; ; number++) {
    at = cpu()
    const code = peer.next()
    encode += cpu() - at
    if ((late && number < peer.k / 2) || random() < loss) continue
    seen++
    at = cpu()
    const done = peer.take(code)
    decode += cpu() - at
    if (done) break
    if (seen >= GIVE_UP * peer.k) return { over: NaN, encode, decode }
  }
  if (Buffer.compare(Buffer.from(peer.bytes()), bytes) !== 0) throw new Error('other bytes came out')
  return { over: seen / peer.k - 1, encode, decode }
}

const mean = list => list.reduce((sum, one) => sum + one, 0) / list.length
const percent = over => (Number.isNaN(over) ? 'gave up' : `${(100 * over).toFixed(1)} %`)

let bad = 0
const table = [50, 200].flatMap(k =>
  [[0, false], [0.1, false], [0.3, false], [0.5, false], [0, true]].map(([loss, late]) => ({ k, loss, late })))
console.log(`| k | lost | peer | over k | encode ms | decode ms |\n|---|---|---|---|---|---|`)
for (const { k, loss, late } of table) {
  if (quick && (k > 50 || loss > 0.3)) continue
  const runs = k === 50 ? 10 : 3
  const name = late ? 'half the sweep' : `${loss * 100} %`
  for (const [peer, make] of Object.entries(peers)) {
    const random = dice(seed)
    const all = Array.from({ length: runs }, () => show(make, k, loss, late, random))
    const over = mean(all.map(one => one.over))
    if (over * k <= 0.05 && (loss > 0.05 || late)) bad++
    console.log(`| ${k} | ${name} | ${peer} | ${percent(over)} | ` +
      `${mean(all.map(one => one.encode)).toFixed(1)} | ${mean(all.map(one => one.decode)).toFixed(1)} |`)
  }
  const out = execFileSync(bench, [k * FRAGMENT - 30, FRAGMENT, loss * 100, late ? 50 : 0, 100], { encoding: 'utf8' })
  const [ours, extra, encode, decode] = out.trim().split(' ').map(Number)
  if (extra > 0.05) bad++
  console.log(`| ${k} | ${name} | **Valise** (k ${ours}) | **${percent(extra / ours)}** | ` +
    `${encode.toFixed(1)} | ${decode.toFixed(1)} |`)
}
process.exit(bad > 0 ? 1 : 0)

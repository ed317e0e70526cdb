// SPDX-License-Identifier: Apache-2.0
// A removed administrator fights back: @localfirst/auth next to Valise's rules, the same people doing
// the same things in the same order.
//
//   node compare.mjs FOLDER [DIFFER]
//
// FOLDER holds the peer as npm installed it; DIFFER is the built test_authority_diff, so that the
// answers called ours are those of the C as well as of the model. Exits with 1 unless the peer breaks
// exactly the scenarios README.md says and ours breaks none: a peer that was mended is news.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const modules = join(resolve(process.argv[2]), 'node_modules')
const differ = process.argv[3]

// In order: what alice does, what bob does on his laptop without having seen it. Both start from one
// team: alice founded it, bob is an administrator, charlie and dwight are members.
const scenarios = [
  { name: 'bob idle', alice: [['remove', 'bob']], bob: [], broken: false },
  {
    name: 'bob removes alice',
    alice: [['remove', 'bob']],
    bob: [['remove', 'alice']],
    broken: false,
  },
  {
    name: 'bob removes alice and charlie',
    alice: [['remove', 'bob']],
    bob: [['remove', 'alice'], ['remove', 'charlie']],
    broken: true,
  },
  {
    name: 'the same from an old copy, after alice went on',
    alice: [['remove', 'bob'], ['add', 'erin'], ['add', 'frank']],
    bob: [['remove', 'alice'], ['remove', 'charlie']],
    broken: true,
  },
]
// What alice, whom bob never had the power to remove, meant to have.
const meant = scenario =>
  ['alice*', 'charlie', 'dwight', ...scenario.alice.filter(([v]) => v === 'add').map(([, n]) => n)]

// ---- the peer ----

async function loadPeer() {
  // its packaging leaves one file where its own import does not look for it
  const dist = 'dist/modules-sumo-esm'
  const missing = join(modules, 'libsodium-wrappers-sumo', dist, 'libsodium-sumo.mjs')
  if (!existsSync(missing)) {
    copyFileSync(join(modules, 'libsodium-sumo', dist, 'libsodium-sumo.mjs'), missing)
  }
  const folder = join(modules, '@localfirst/auth')
  const version = JSON.parse(readFileSync(join(folder, 'package.json'))).version
  return { version, ...(await import(pathToFileURL(join(folder, 'dist/index.js')))) }
}

function peer(auth, scenario) {
  const context = name => {
    const user = auth.createUser(name, name)
    return { user, device: auth.createDevice({ userId: name, deviceName: `${name}'s laptop` }) }
  }
  const people = Object.fromEntries(
    ['alice', 'bob', 'charlie', 'dwight', 'erin', 'frank'].map(name => [name, context(name)])
  )
  const add = (team, name, roles = []) =>
    team.addForTesting(people[name].user, roles, people[name].device)
  const act = (team, acts) => {
    for (const [verb, name] of acts) verb === 'add' ? add(team, name) : team.remove(name)
  }

  const alice = auth.createTeam('press', people.alice)
  add(alice, 'bob', [auth.ADMIN])
  add(alice, 'charlie')
  add(alice, 'dwight')
  const bob = auth.loadTeam(alice.save(), people.bob, alice.teamKeyring())
  act(alice, scenario.alice)
  act(bob, scenario.bob)
  const [fromAlice, fromBob] = [alice.graph, bob.graph]
  alice.merge(fromBob)
  bob.merge(fromAlice)
  const told = team =>
    team.members().map(m => m.userId + (team.memberIsAdmin(m.userId) ? '*' : '')).sort()
  return [told(alice), told(bob)]
}

// ---- ours ----

function ours(scenario) {
  const said = JSON.stringify({ alice: scenario.alice, bob: scenario.bob })
  const options = { input: said, encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] }
  return JSON.parse(execFileSync('python3', [join(here, 'ours.py'), ...(differ ? [differ] : [])],
    options))
}

// ---- the table ----

const auth = await loadPeer()
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)
const verdict = holds => (holds ? 'holds' : 'BROKEN')
let news = 0
let number = 0
console.log(`peer: @localfirst/auth ${auth.version}; ours: the model of tests/model` +
  (differ ? ' and offline/authority in C, which agree' : ''))
console.log('alice removed bob; * = may administer; both replicas merged\n')
for (const scenario of scenarios) {
  const [atAlice, atBob] = peer(auth, scenario)
  const mine = ours(scenario)
  const want = meant(scenario).sort()
  const peerHolds = same(atAlice, want) && same(atBob, want)
  const oursHolds = same(mine, want)
  news += peerHolds === scenario.broken || !oursHolds
  console.log(`${++number} ${scenario.name}`)
  console.log(`    peer  ${verdict(peerHolds).padEnd(6)}  ${atAlice.join(' ')}` +
    (same(atAlice, atBob) ? '' : `   (bob's replica: ${atBob.join(' ')})`))
  console.log(`    ours  ${verdict(oursHolds).padEnd(6)}  ${mine.join(' ')}`)
}
if (news) console.log('\nNot what README.md says.')
process.exit(news ? 1 : 0)

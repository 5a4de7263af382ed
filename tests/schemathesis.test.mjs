// Every operation of the OpenAPI document is called with what the document allows and with what it forbids
// (Schemathesis), as an admin, as somebody who may do little, with an API key and without signing in: nothing may break,
// and every answer must be one that is documented. Skipped, visibly, where Python 3.11 or its packages cannot be had.
//
// ADROIT_FUZZ_SECONDS makes the admin's run go on that long with new input.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { asker, bearer, shop } from './people.mjs'
import { start } from './product.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const seconds = Number(process.env.ADROIT_FUZZ_SECONDS ?? 0)

let packages
let skip = false
try {
  execFileSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))'])
  packages = execFileSync('python3', [join(root, 'tools/python.py'), 'schemathesis'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
} catch (error) {
  skip = `Schemathesis needs Python 3.11 and its packages: ${String(error.stderr || error).trim().split('\n').at(-1)}`
}

let product
let folder
before(async () => {
  if (skip) return
  folder = mkdtempSync(join(tmpdir(), 'adroit-schemathesis-'))
  product = await start()
  const document = await (await fetch(`${product.url}/openapi.json`)).json()
  // `default` would document every status there is: what is left of it is that a request may be refused.
  for (const operation of Object.values(document.paths).flatMap((item) => Object.values(item))) {
    operation.responses['4XX'] = operation.responses.default
    delete operation.responses.default
    // OpenAPI 3.1 describes a stream as one text; Schemathesis would hold each event against that.
    for (const { content } of Object.values(operation.responses)) if (content?.['text/event-stream']) content['text/event-stream'] = {}
  }
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(document))
})
after(async () => {
  await product?.stop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

// `ignored_auth` takes one of the two credentials away and finds that the other opens: tests/permissions.test.mjs does that.
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'missing_required_header',
  'unsupported_method',
]

/** Runs Schemathesis with these credentials; its report and what it printed. */
async function fuzz(name, credentials, { phases, examples, more = [] }) {
  const report = join(folder, `${name}.json`)
  const headers = Object.entries(credentials).flatMap(([header, value]) => ['-H', `${header}: ${value}`])
  const st = spawn(
    'python3',
    [
      '-m', 'schemathesis.cli', '--config-file', join(root, 'tools/schemathesis/schemathesis.toml'),
      'run', join(folder, 'openapi.json'), '--url', product.url, ...headers, '--no-color',
      '--checks', CHECKS.join(','), '--phases', phases, '--max-examples', String(examples), '--workers', '1',
      '--report', 'json', '--report-json-path', report, ...more,
    ],
    { cwd: folder, env: { ...process.env, PYTHONPATH: [packages, process.env.PYTHONPATH].filter(Boolean).join(delimiter) }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let printed = ''
  for (const stream of [st.stdout, st.stderr]) stream.on('data', (piece) => { printed += piece })
  await new Promise((resolve) => st.on('close', resolve))
  try {
    return { printed, ...JSON.parse(readFileSync(report, 'utf8')) }
  } catch {
    return assert.fail(`Schemathesis wrote no report:\n${printed}`)
  }
}

/** Operations that took at least one request. */
const reached = (report) =>
  Object.entries(report.valid_rates).filter(([, phases]) => Object.values(phases).some((rates) => rates.accepted > 0)).map(([operation]) => operation)

const EVERYTHING = { phases: 'examples,coverage,fuzzing', examples: 8 }
const LESS = { phases: 'fuzzing', examples: 5 }

const CALLERS = {
  admin: { credentials: ({ admin }) => bearer(admin.token), least: 45, ...EVERYTHING, ...(seconds && { more: ['--max-time', String(seconds)] }) },
  analyst: { credentials: ({ analyst }) => bearer(analyst.token), least: 25, ...LESS },
  'API key': {
    async credentials({ admin }) {
      const scopes = ['read_account', 'read_analytics', 'read_campaigns', 'edit_campaigns', 'run_agents', 'read_agents', 'ask_questions', 'manage_imports', 'read_imports']
      const { body, text } = await admin.ask('POST', '/api-keys', { body: { name: 'Machine', role: 'marketer', scopes } })
      return bearer(body.key ?? assert.fail(text))
    },
    least: 25,
    ...LESS,
  },
  nobody: { credentials: () => ({}), least: 4, ...LESS },
}

for (const [name, { credentials, least, ...how }] of Object.entries(CALLERS)) {
  test(`${name}: nothing breaks, and every answer is documented`, { skip, timeout: (600 + seconds) * 1000 }, async (context) => {
    // A shop of its own: what one caller does to its team must not end the others' sessions.
    const team = await shop(product.url, `Fuzzed by ${name}`)
    const shown = await credentials(team)
    const report = await fuzz(name, shown, how)
    const { operations, test_cases: cases } = report
    context.diagnostic(
      `${name}: ${cases.generated} requests in ${report.running_time.toFixed(0)} s to ${operations.tested} operations, ` +
        `${reached(report).length} of which took some; ${cases.unique_failures} distinct failures`,
    )
    assert.ok(report.complete && report.failures.length === 0 && report.errors.length === 0, report.printed)
    assert.equal(operations.tested, operations.selected)
    // It got beyond the door, and was not shown out on the way.
    assert.ok(reached(report).length >= least, JSON.stringify(report.valid_rates, null, 1))
    if (shown.authorization) assert.equal((await asker(product.url, shown)('GET', '/me')).status, 200)
    assert.equal((await team.creator.ask('GET', '/audit/verify')).body.holds, true)
    assert.doesNotMatch(product.log(), /panicked|RuntimeError|Worker threw exception/)
  })
}

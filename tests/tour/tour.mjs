// Photographs every page of the site into docs/tour/, with an index: in light and dark as wide as a desk, in light as
// narrow as a telephone. `cargo xtask tour` starts it; what is photographed stands in pages.mjs, the shop that is
// shown in shop.mjs.
//
// Environment: ADROIT_CHROMIUM; ADROIT_TOUR_ONLY (only pages whose name contains this), ADROIT_TOUR_INTO (another
// folder), ADROIT_TOUR_STATE (keep the shop there and use it again), ADROIT_PORT.
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { start } from '../product.mjs'
import { launch } from '../screen.mjs'
import { enter, open, VIEWS } from './browser.mjs'
import { differences, PAGES } from './pages.mjs'
import { furnish, ids as find } from './shop.mjs'

const { ADROIT_TOUR_ONLY: only = '', ADROIT_TOUR_STATE: state, ADROIT_PORT: port } = process.env
const into = process.env.ADROIT_TOUR_INTO ?? fileURLToPath(new URL('../../docs/tour/', import.meta.url))
/** Longer pages are cut: what repeats below is more of the same. */
const TALLEST = { 1440: 1800, 390: 2400 }
const QUALITY = 72

async function main() {
  const { missing, unknown } = differences()
  if (missing.length + unknown.length > 0) throw new Error(`tests/tour/pages.mjs lacks ${missing.join(', ') || 'nothing'} and has ${unknown.join(', ') || 'nothing'} too many`)
  const lines = PAGES.filter((line) => line.name.includes(only))
  const product = await start({ ...(state ? { state: path.resolve(state) } : {}), ...(port ? { port: Number(port) } : {}) })
  const browser = await launch()
  try {
    say('the shop is open')
    await furnish(product, browser)
    const ids = await find(product)
    say('the shop is furnished')
    mkdirSync(into, { recursive: true })
    for (const [name, view] of Object.entries(VIEWS)) await photograph({ product, browser, ids, lines, name, view })
    await ids.leave()
  } finally {
    await browser.close()
    await product.stop()
  }
  if (only) return
  for (const file of readdirSync(into)) if (file.endsWith('.webp') && !PAGES.some((line) => Object.keys(VIEWS).some((view) => file === picture(line, view)))) rmSync(path.join(into, file))
  writeFileSync(path.join(into, 'README.md'), index())
  const bytes = readdirSync(into).reduce((sum, file) => sum + statSync(path.join(into, file)).size, 0)
  say(`${PAGES.length} pages, ${PAGES.length * Object.keys(VIEWS).length} pictures, ${(bytes / 1e6).toFixed(1)} MB in ${path.relative(process.cwd(), into) || '.'}`)
}

const picture = (line, view) => `${line.name}-${view}.webp`

async function photograph({ product, browser, ids, lines, name, view }) {
  const visits = new Map()
  for (const line of lines) {
    if (!visits.has(line.who)) visits.set(line.who, await enter(browser, product.url, line.who === 'newcomer' ? ids.newcomer : line.who, view))
    const { page } = visits.get(line.who)
    try {
      await page.setViewportSize({ width: view.width, height: view.height })
      await open(page, product.url, line, ids)
      // As high as what is on it, so that what sticks to an edge stands where it belongs.
      const height = await page.evaluate(() => document.documentElement.scrollHeight)
      await page.setViewportSize({ width: view.width, height: Math.min(Math.max(height, view.height), TALLEST[view.width]) })
      await page.waitForTimeout(150)
      const camera = await page.context().newCDPSession(page)
      const { data } = await camera.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY })
      await camera.detach()
      writeFileSync(path.join(into, picture(line, name)), Buffer.from(data, 'base64'))
    } catch (error) {
      await page.screenshot({ path: path.join(into, `${line.name}-${name}-failed.png`) })
      throw new Error(`${line.name} (${name}): ${error.message}`)
    }
  }
  for (const { leave } of visits.values()) await leave()
  say(`${lines.length} pages in ${name}`)
}

/** The pictures with a sentence a page, for people who browse the folder. */
function index() {
  const parts = PAGES.map(
    (line) => `## ${line.title}

${line.text}${line.who === 'nobody' ? '' : ` Seen by the ${line.who}.`} \`${line.route}\`

| light | dark | narrow |
|---|---|---|
| ![${line.title}, light](${picture(line, 'light')}) | ![${line.title}, dark](${picture(line, 'dark')}) | <img alt="${line.title}, narrow" src="${picture(line, 'narrow')}" width="195"> |
`,
  )
  return `# Tour

Every page of the site, as it looks in the middle of a shop's week. \`cargo xtask tour\` makes these pictures: it starts the
product on an empty state, sends the demo shop some hundred visitors, works in it through the API as people do, and
looks at each page.

${parts.join('\n')}`
}

const began = Date.now()
const say = (text) => process.stdout.write(`  ✓ ${text} (${Math.round((Date.now() - began) / 1000)} s)\n`)

await main()
